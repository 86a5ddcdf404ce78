#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace gyre::core {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// The time, passed in so that no test sleeps. Thread-safe.
class Clock {
  public:
    virtual ~Clock() = default;
    /// Monotonic; for ages, waits and deadlines.
    [[nodiscard]] virtual SteadyTime Now() const = 0;
    /// Calendar time; for what users see and for signatures.
    [[nodiscard]] virtual WallTime WallNow() const = 0;
};

/// The machine's clocks.
const Clock& SystemClock();

/// A clock that stands still until a test moves it.
class FakeClock final : public Clock {
  public:
    [[nodiscard]] SteadyTime Now() const override;
    [[nodiscard]] WallTime WallNow() const override;
    void Advance(std::chrono::nanoseconds by);
    void SetWall(WallTime wall);

  private:
    mutable std::mutex mutex_;
    std::chrono::nanoseconds elapsed_{std::chrono::hours(1)};
    WallTime wall_{std::chrono::milliseconds(1'700'000'000'000)};
};

/// Seconds since the epoch with milliseconds, as AWS JSON protocols write a timestamp.
[[nodiscard]] double EpochSeconds(WallTime time);
/// "2026-11-24T12:00:00.000Z"
[[nodiscard]] std::string Iso8601(WallTime time);
/// "20261124T120000Z", as SigV4 writes it.
[[nodiscard]] std::string Iso8601Basic(WallTime time);
/// "Tue, 24 Nov 2026 12:00:00 GMT"
[[nodiscard]] std::string HttpDate(WallTime time);
/// What Iso8601 writes, with or without a fraction of a second; nullopt for anything else.
[[nodiscard]] std::optional<WallTime> ParseIso8601(std::string_view text);
/// What HttpDate writes; nullopt for anything else.
[[nodiscard]] std::optional<WallTime> ParseHttpDate(std::string_view text);

}  // namespace gyre::core
