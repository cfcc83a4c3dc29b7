/* SPDX-License-Identifier: Apache-2.0
 *
 * Advanced SIMD through the compiler's intrinsics, and glibc's string functions, which are written with it, at every
 * alignment. */
#include <arm_neon.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t hash(uint64_t h, const void *p, size_t n)
{
    const unsigned char *b = p;

    while (n--)
        h = (h ^ *b++) * UINT64_C(1099511628211);
    return h;
}

static void integers(void)
{
    uint8_t in[64], out[64];
    uint64_t h = 1;

    for (int n = 0; n < 64; n++)
        in[n] = (uint8_t)(n * 37 + 11);
    for (int round = 0; round < 2000; round++) {
        uint8x16_t a = vld1q_u8(in), b = vld1q_u8(in + 16);
        uint8x16x2_t pair = vld2q_u8(in + 32);
        uint16x8_t wide = vmull_u8(vget_low_u8(a), vget_high_u8(b));

        a = vqaddq_u8(veorq_u8(a, pair.val[0]), vabdq_u8(b, pair.val[1]));
        b = vreinterpretq_u8_u16(vsraq_n_u16(wide, vreinterpretq_u16_u8(a), 3));
        a = vqtbl1q_u8(a, vandq_u8(b, vdupq_n_u8(15)));
        b = vbslq_u8(vcgtq_u8(a, b), vrev64q_u8(b), vextq_u8(a, b, 5));
        vst1q_u8(out, a);
        vst1q_u8(out + 16, vzip1q_u8(a, b));
        vst2q_u8(out + 32, ((uint8x16x2_t){{vuzp2q_u8(a, b), vcntq_u8(b)}}));
        h = hash(h, out, sizeof(out)) + vaddvq_u8(a) + vmaxvq_u8(b);
        memcpy(in, out, sizeof(in));
        in[round & 63] ^= (uint8_t)h;
    }
    printf("integers %016" PRIx64 "\n", h);
}

static void floats(void)
{
    float32x4_t s = vdupq_n_f32(0.5f), t = {1.5f, -2.25f, 1e-3f, 300.0f};
    float64x2_t d = {1.0, -3.0};
    uint64_t h = 1;

    for (int n = 1; n < 3000; n++) {
        s = vfmaq_f32(s, t, vdupq_n_f32(1.0f / (float)n));
        t = vsubq_f32(vmulq_f32(t, vdupq_n_f32(0.999f)), vrecpeq_f32(vaddq_f32(vabsq_f32(s), vdupq_n_f32(1))));
        d = vaddq_f64(vsqrtq_f64(vabsq_f64(d)), vcvt_f64_f32(vget_low_f32(s)));
        h = hash(hash(h, &s, 16), &d, 16) + (uint64_t)vgetq_lane_s32(vcvtq_s32_f32(s), 1);
    }
    printf("floats %016" PRIx64 " %.9g %.17g\n", h, (double)vaddvq_f32(s), vaddvq_f64(d));
}

static void strings(void)
{
    static char a[600], b[600];
    uint64_t h = 1;

    for (unsigned at = 0; at < 33; at++)
        for (unsigned len = 0; len < 260; len += 7) {
            memset(a, 'x', sizeof(a));
            memset(b, 'y', sizeof(b));
            memset(a + at, 'a' + (int)(len % 26), len);
            a[at + len] = 0;
            memcpy(b + at / 2, a + at, len + 1);
            memmove(b + at / 2 + 3, b + at / 2, len);
            h = hash(h, b, sizeof(b)) + strlen(a + at) + (uint64_t)(strchr(a, 'q') ? 1 : 0);
            h += (uint64_t)(strcmp(a + at, b + at / 2) < 0) + (uint64_t)(memcmp(a, b, sizeof(a)) > 0) +
                 (uint64_t)((char *)memchr(a, 0, sizeof(a)) - a) + strnlen(a + at, 100) + (strrchr(a, 'x') ? 2 : 0);
        }
    printf("strings %016" PRIx64 "\n", h);
}

int main(void)
{
    integers();
    floats();
    strings();
    return 0;
}
