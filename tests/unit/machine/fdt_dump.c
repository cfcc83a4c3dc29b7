/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the arm64 board's device tree for a fixed configuration to standard output, for
 * check_fdt.py. */
#include <stdio.h>
#include <string.h>

#include "device/gic.h"
#include "machine/arm64_fdt.h"
#include "machine/arm64_map.h"
#include "machine/machine.h"

int main(void)
{
    static _Alignas(8) uint8_t blob[64 * 1024];
    struct arm64_fdt_params params = {.nr_cpus = 18,
                                      .mpidr = machine_mpidr,
                                      .ram_size = UINT64_C(6) << 30,
                                      .gicr_base = ARM64_GICR_BASE,
                                      .gicr_len = 18 * GIC_REDIST_SIZE,
                                      .mmio64_size = ARM64_MMIO64_SIZE,
                                      .bootargs = "console=hvc0",
                                      .initrd_start = 0x48000000,
                                      .initrd_end = 0x48123456,
                                      .kaslr_seed = 0x1122334455667788};
    struct err err;
    size_t len;

    memset(params.rng_seed, 0xa5, sizeof(params.rng_seed));
    if (arm64_fdt_build(&params, blob, sizeof(blob), &len, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    return fwrite(blob, 1, len, stdout) == len ? 0 : 1;
}
