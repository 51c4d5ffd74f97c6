// The measured application: prints when it began to run, on the clock that all processes of the
// machine share (including those in containers), and then does nothing until it is asked to end.

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void end(int number) {
  (void)number;
  _exit(0);
}

int main(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  signal(SIGTERM, end);
  printf("started %lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
  fflush(stdout);
  for (;;) pause();
}
