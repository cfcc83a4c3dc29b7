/* SPDX-License-Identifier: Apache-2.0
 *
 * Double precision: matrix multiply (scalar, and as the compiler vectorises it), a fast Fourier transform, divisions and
 * square roots; single precision vectors. Values stay in a range where nothing overflows. */
#include "figures.h"

#include <complex.h>
#include <math.h>
#include <string.h>

enum { SIDE = 64, POINTS = 1024, CHAIN = 1000 };

#define SCALAR __attribute__((optimize("no-tree-vectorize")))
#define VECTOR __attribute__((optimize("O3")))

static double left[SIDE][SIDE], right[SIDE][SIDE], product[SIDE][SIDE];
static float left4[SIDE][SIDE], right4[SIDE][SIDE], product4[SIDE][SIDE];

static void fill(void)
{
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            left4[i][j] = (float)(left[i][j] = 1.0 / (i + j + 1));
            right4[i][j] = (float)(right[i][j] = i * 0.37 - j);
        }
}

SCALAR static void multiply_scalar(uint64_t n)
{
    fill();
    while (n--) {
        left[0][0] += 1e-9;
        for (int i = 0; i < SIDE; i++)
            for (int j = 0; j < SIDE; j++) {
                double sum = 0;
                for (int k = 0; k < SIDE; k++)
                    sum += left[i][k] * right[k][j];
                product[i][j] = sum;
            }
    }
    figures_sink = (uint64_t)fabs(product[3][4]);
}

#define MULTIPLY_VECTOR(name, type, a, b, c)                                                       \
    VECTOR static void name(uint64_t n)                                                            \
    {                                                                                              \
        fill();                                                                                    \
        while (n--) {                                                                              \
            a[0][0] += (type)1e-6;                                                                 \
            for (int i = 0; i < SIDE; i++) {                                                       \
                type row[SIDE] = {0};                                                              \
                for (int k = 0; k < SIDE; k++)                                                     \
                    for (int j = 0; j < SIDE; j++)                                                 \
                        row[j] += a[i][k] * b[k][j];                                               \
                memcpy(c[i], row, sizeof(row));                                                    \
            }                                                                                      \
        }                                                                                          \
        figures_sink = (uint64_t)fabs((double)c[3][4]);                                            \
    }
MULTIPLY_VECTOR(multiply_vector, double, left, right, product)
MULTIPLY_VECTOR(multiply_single, float, left4, right4, product4)

/* Radix 2, in place: Cooley and Tukey. */
static void transform(double complex *x, const double complex *roots)
{
    for (unsigned i = 1, j = 0; i < POINTS; i++) {
        unsigned bit = POINTS >> 1;

        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            double complex keep = x[i];
            x[i] = x[j];
            x[j] = keep;
        }
    }
    for (unsigned len = 2; len <= POINTS; len *= 2)
        for (unsigned i = 0; i < POINTS; i += len)
            for (unsigned k = 0; k < len / 2; k++) {
                double complex u = x[i + k], w = roots[POINTS / len * k], y = x[i + k + len / 2];
                double complex v = CMPLX(creal(y) * creal(w) - cimag(y) * cimag(w), creal(y) * cimag(w) + cimag(y) * creal(w));

                x[i + k] = u + v;
                x[i + k + len / 2] = u - v;
            }
}

static void fft(uint64_t n)
{
    static double complex x[POINTS], roots[POINTS];

    for (int i = 0; i < POINTS; i++) {
        x[i] = i % 17;
        roots[i] = cexp(-2 * M_PI * I * i / POINTS);
    }
    while (n--) {
        transform(x, roots);
        for (int i = 0; i < POINTS; i++)
            x[i] *= 1.0 / 32;
    }
    figures_sink = (uint64_t)fabs(creal(x[5]));
}

static void divide(uint64_t n)
{
    double x = 1e9, y = 3;

    while (n--)
        for (int i = 0; i < CHAIN; i++) {
            x = x / 1.0000001 + y;
            y = sqrt(x);
        }
    figures_sink = (uint64_t)x;
}

const struct figure floating_figures[] = {
    {"matrix", multiply_scalar, 2.0 * SIDE * SIDE * SIDE},
    {"matrix-simd", multiply_vector, 2.0 * SIDE * SIDE * SIDE},
    {"matrix-single", multiply_single, 2.0 * SIDE * SIDE * SIDE},
    {"fft", fft, 5.0 * POINTS * 10},
    {"divide", divide, 3.0 * CHAIN},
    {0},
};
