/* SPDX-License-Identifier: Apache-2.0
 *
 * Three calls of the hypervisor's own range (SMCCC, DEN0028 §6): who it is, what it has, and the
 * time. We say that we are KVM because that is whose call this is; of KVM's services we have no
 * other, and say so. The physical counter is left out: a guest at EL1 reads the virtual one. */
#include "accel/arm64/wall_clock.h"

#define CALL_UID      UINT32_C(0x8600ff01)
#define CALL_FEATURES UINT32_C(0x86000000)
#define CALL_PTP      UINT32_C(0x86000001)

enum { FEATURE_FEATURES = 1 << 0, FEATURE_PTP = 1 << 1 };
enum { COUNTER_VIRTUAL = 0 };

#define NOT_SUPPORTED ((uint64_t)-1)

/* KVM's, as four words of it each. */
static const uint32_t uid[4] = {0xb66fb428, 0xe911c52e, 0x564bcaa9, 0x743a004d};

static void put_time(uint64_t wall_ns, uint64_t counter, uint64_t result[4])
{
    result[0] = wall_ns >> 32;
    result[1] = (uint32_t)wall_ns;
    result[2] = counter >> 32;
    result[3] = (uint32_t)counter;
}

bool wall_clock_call(const uint64_t arg[4], uint64_t wall_ns, uint64_t counter, uint64_t result[4])
{
    switch ((uint32_t)arg[0]) {
    case CALL_UID:
        for (unsigned i = 0; i < 4; i++)
            result[i] = uid[i];
        return true;
    case CALL_FEATURES:
        result[0] = FEATURE_FEATURES | FEATURE_PTP;
        result[1] = result[2] = result[3] = 0;
        return true;
    case CALL_PTP:
        if ((uint32_t)arg[1] == COUNTER_VIRTUAL)
            put_time(wall_ns, counter, result);
        else
            result[0] = NOT_SUPPORTED;
        return true;
    default:
        return false;
    }
}
