/* SPDX-License-Identifier: Apache-2.0
 *
 * Double and single precision: arithmetic, libm, printing and reading, rounding modes, exception flags, special values. */
#include <fenv.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t bits(double d)
{
    uint64_t b;

    memcpy(&b, &d, sizeof(b));
    return b;
}

static void functions(void)
{
    double sum = 0;
    float fsum = 0;

    for (int n = 1; n < 3000; n++) {
        double x = n / 37.0 - 40;

        sum += sin(x) * exp(-fabs(x) / 9) + log(n) * sqrt(n) - atan2(x, n) + pow(1.001, x) + cbrt(x) + fma(x, x, -n);
        fsum += sinf((float)x) + sqrtf((float)n) / (1 + fabsf((float)x));
    }
    printf("functions %.17g %.9g\n", sum, (double)fsum);
}

static void matrix(void)
{
    enum { N = 48 };
    static double a[N][N], b[N][N], c[N][N];
    uint64_t h = 0;

    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = 1.0 / (i + j + 1);
            b[i][j] = (i - j) * 0.37;
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++)
                c[i][j] += a[i][k] * b[k][j];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            h = h * 1099511628211u ^ bits(c[i][j]);
    printf("matrix %016" PRIx64 "\n", h);
}

static void rounding(void)
{
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    volatile double x = 1, y = 3, tiny = DBL_MIN, huge = DBL_MAX;

    for (int m = 0; m < 4; m++) {
        fesetround(modes[m]);
        feclearexcept(FE_ALL_EXCEPT);
        printf("rounding %d: %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %ld %ld %.3f", m, bits(x / y), bits(tiny / y),
               bits(huge * y), lrint(2.5), lrint(-2.5), nearbyint(1234.5));
        printf(" flags %d\n", fetestexcept(FE_ALL_EXCEPT));
    }
    fesetround(FE_TONEAREST);
}

static void specials(void)
{
    static const double v[] = {0.0, -0.0, 1.0, -1.5, INFINITY, -INFINITY, NAN, DBL_MIN / 8, DBL_MAX, 4503599627370497.5};
    uint64_t h = 0;

    for (unsigned i = 0; i < 10; i++)
        for (unsigned j = 0; j < 10; j++) {
            volatile double a = v[i], b = v[j];

            h = h * 31 ^ bits(a + b) ^ bits(a * b) << 1 ^ bits(a / b) << 2 ^ bits(fmin(a, b)) << 3 ^ bits(fmax(a, b)) << 4;
            h = h * 31 + (uint64_t)(a < b) + 2u * (a <= b) + 4u * (a == b) + 8u * (a != b) + 16u * !!isunordered(a, b);
            h = h * 31 ^ (uint64_t)(int64_t)a ^ (uint64_t)(uint32_t)(float)b ^ bits((float)a);
        }
    printf("specials %016" PRIx64 "\n", h);
}

static void texts(void)
{
    char text[64];

    for (double d = 1e-300; d < 1e300; d *= 123456.789) {
        snprintf(text, sizeof(text), "%.17g", d);
        if (strtod(text, NULL) != d)
            printf("texts: %s does not come back\n", text);
    }
    printf("texts %a %.20e %Lg\n", strtod("0.1", NULL), strtod("1e-310", NULL), (long double)M_PI * 1e30L);
}

int main(void)
{
    functions();
    matrix();
    rounding();
    specials();
    texts();
    return 0;
}
