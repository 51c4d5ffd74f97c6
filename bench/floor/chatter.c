// Writes lines of 100 bytes, so many a second as its argument says, in bursts of a hundredth of a second.

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int count, char** words) {
  const long a_second = count > 1 ? atol(words[1]) : 1000;
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (long line = 0;;) {
    for (long burst = a_second / 100; burst > 0; --burst) {
      printf("sensor %012ld reads 21.50 degrees, humidity 40 %%, battery 3.01 V, signal -71 dBm, quality is good.\n", line++);
    }
    fflush(stdout);
    next.tv_nsec += 10000000;
    if (next.tv_nsec >= 1000000000) {
      next.tv_nsec -= 1000000000;
      ++next.tv_sec;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
  }
}
