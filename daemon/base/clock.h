/*
 * base/clock.h - the two clocks
 */
#ifndef FAQD_BASE_CLOCK_H
#define FAQD_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ms(void); /* since 1970 UTC; may jump: for display and the log */
int64_t clock_mono_ms(void); /* never jumps: for every timeout */
int64_t clock_mono_us(void);

#endif
