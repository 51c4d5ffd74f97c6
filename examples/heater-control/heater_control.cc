// Keeps a room warm: reads three temperature sensors, decides, switches a heater, and says why, one
// line each time. The room and its sensors are simulated; the decision is in thermostat.h.
//
// It is made to run as the only process of a container: settings from the environment, its log on
// stdout, SIGTERM obeyed at once (as process 1 it would be ignored by default), exit code 0 after
// that and 2 for a wrong setting. SIGUSR1 pulls the plug of all sensors, to see what follows.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>

#include "thermostat.h"

namespace heater_control {
namespace {

struct Settings {
  Band band{.low = 20, .high = 21};  ///< TARGET_LOW, TARGET_HIGH, in °C.
  double period_ms = 1000;           ///< PERIOD_MS, from one decision to the next.
};

struct Limits {
  double min;
  double max;
};

/// Leaves `value` as it is if the variable is not set; false if it is not a number within limits.
bool read_setting(const char* name, Limits limits, double& value) {
  const char* text = std::getenv(name);
  if (text == nullptr) return true;
  char* end = nullptr;
  const double read = std::strtod(text, &end);
  if (end != text && *end == '\0' && read >= limits.min && read <= limits.max) {
    value = read;
    return true;
  }
  std::fprintf(stderr, "heater-control: %s is '%s', and must be a number from %g to %g\n", name,
               text, limits.min, limits.max);
  return false;
}

std::optional<Settings> read_settings() {
  constexpr Limits kDegrees{.min = 5, .max = 30};
  constexpr Limits kMillis{.min = 10, .max = 60'000};
  Settings settings;
  if (!read_setting("TARGET_LOW", kDegrees, settings.band.low) ||
      !read_setting("TARGET_HIGH", kDegrees, settings.band.high) ||
      !read_setting("PERIOD_MS", kMillis, settings.period_ms)) {
    return std::nullopt;
  }
  if (settings.band.low < settings.band.high) return settings;
  std::fprintf(stderr, "heater-control: TARGET_LOW (%g) must be below TARGET_HIGH (%g)\n",
               settings.band.low, settings.band.high);
  return std::nullopt;
}

/// A room that loses warmth to the cold outside and gains it from its heater.
class Room {
 public:
  void pass_time(double seconds, Heater heater) {
    constexpr double kOutside = 5, kLossPerSecond = 0.01, kHeaterDegreesPerSecond = 0.4;
    temperature_ -= (temperature_ - kOutside) * kLossPerSecond * seconds;
    if (heater == Heater::kOn) temperature_ += kHeaterDegreesPerSecond * seconds;
  }
  double temperature() const { return temperature_; }

 private:
  double temperature_ = 19;
};

/// Three sensors of the cheap kind: they differ by some tenths of a degree, and now and then one
/// loses its contact for a while, and then says the coldest that it can.
class Sensors {
 public:
  explicit Sensors(unsigned seed) : random_(seed) {}

  /// None of them answers from this moment on.
  void unplug() { unplugged_ = true; }

  Readings read(double temperature) {
    if (unplugged_) return {};
    constexpr std::array<double, 3> kOffsets{-0.2, 0.0, 0.1};
    constexpr double kNoContact = -127;
    constexpr int kBreaksOneIn = 40, kBrokenReadingsMax = 8;
    if (broken_readings_ > 0) {
      --broken_readings_;
    } else if (one_in(kBreaksOneIn)) {
      broken_ = random_() % kOffsets.size();
      broken_readings_ = 1 + static_cast<int>(random_() % kBrokenReadingsMax);
    }
    std::normal_distribution<double> noise(0, 0.05);
    Readings readings;
    for (std::size_t i = 0; i < readings.size(); ++i) {
      readings[i] = broken_readings_ > 0 && i == broken_
                        ? kNoContact
                        : temperature + kOffsets[i] + noise(random_);
    }
    return readings;
  }

 private:
  bool one_in(unsigned count) { return random_() % count == 0; }

  std::minstd_rand random_;
  std::size_t broken_ = 0;
  int broken_readings_ = 0;
  bool unplugged_ = false;
};

/// "20:48:34 " in UTC: a day's log is read more often than last year's.
std::string time_of_day() {
  std::timespec now{};
  std::timespec_get(&now, TIME_UTC);
  const std::tm* utc = std::gmtime(&now.tv_sec);
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d", utc->tm_hour, utc->tm_min, utc->tm_sec);
  return text;
}

const char* word(Heater heater) {
  return heater == Heater::kOn ? "on" : "off";
}

void log_decision(const Readings& readings, Heater before, const Decision& decision) {
  std::string line = time_of_day() + "  sensors";
  char text[96];
  for (const std::optional<double>& reading : readings) {
    std::snprintf(text, sizeof text, " %6.1f", reading.value_or(0));
    line += reading ? text : "   none";
  }
  if (decision.temperature) {
    std::snprintf(text, sizeof text, "  room %4.1f", *decision.temperature);
    line += text;
  } else {
    line += "  room  ???";
  }
  std::snprintf(text, sizeof text, "  heater %-3s %s  %.*s", word(decision.heater),
                before == decision.heater ? "       " : "SWITCHED",
                static_cast<int>(decision.reason.size()), decision.reason.data());
  std::puts((line + text).c_str());
}

const char* environment_or(const char* name, const char* otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : text;
}

/// SIGTERM, SIGINT and SIGUSR1, blocked so that they can be waited for.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGUSR1);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// Sleeps for the period, or until a signal arrives, which it returns; -1: none came.
int wait_for_signal(const sigset_t& signals, double period_ms) {
  const auto nanos = static_cast<long>(period_ms * 1e6);
  const std::timespec period{.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
  return sigtimedwait(&signals, nullptr, &period);
}

int run() {
  const sigset_t signals = block_signals();
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // Flushes each line, even into a pipe.
  const std::optional<Settings> settings = read_settings();
  if (!settings) return 2;
  std::printf("%s  heater control of instance %s on node %s: keeps %.1f to %.1f degrees\n",
              time_of_day().c_str(), environment_or("HEARTH_INSTANCE", "(none)"),
              environment_or("HEARTH_NODE", "(none)"), settings->band.low, settings->band.high);

  Room room;
  Sensors sensors(static_cast<unsigned>(std::time(nullptr)));
  Heater heater = Heater::kOff;
  for (int signal = -1; signal < 0 || signal == SIGUSR1;) {
    const Readings readings = sensors.read(room.temperature());
    const Decision decision = decide(settings->band, heater, readings);
    log_decision(readings, heater, decision);
    heater = decision.heater;
    room.pass_time(settings->period_ms / 1000, heater);
    signal = wait_for_signal(signals, settings->period_ms);
    if (signal == SIGUSR1) sensors.unplug();
  }
  std::printf("%s  stopping: heater off\n", time_of_day().c_str());
  return 0;
}

}  // namespace
}  // namespace heater_control

int main() {
  return heater_control::run();
}
