#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/clock.h"
#include "core/guarded.h"

namespace gyre::console {

struct SessionLimits {
    size_t total = 1000;  ///< sessions at once; the least recently used makes room
    size_t per_key = 20;  ///< of one access key
    core::seconds idle{3600};
    core::seconds longest{12 * 3600};  ///< from the sign-in on, however busy
};

struct Session {
    std::string access_key_id;
    std::string token;  ///< that a call which changes anything must carry in a header
    core::WallTime ends{};
};

/// Who is signed in. In memory only: a restart signs everybody out. Thread-safe, and fast enough
/// for an io thread.
class SessionStore {
  public:
    /// `clock` outlives it.
    explicit SessionStore(const core::Clock& clock, SessionLimits limits = {});

    struct Begun {
        std::string cookie;  ///< the session's secret: known to the browser only
        Session session;
    };
    [[nodiscard]] Begun Begin(std::string access_key_id);
    /// Counts as use. nullopt for a cookie that is unknown or ended.
    [[nodiscard]] std::optional<Session> Find(std::string_view cookie);
    void End(std::string_view cookie);
    [[nodiscard]] size_t Size() const;

  private:
    struct Live {
        Session session;
        core::SteadyTime began{};
        core::SteadyTime used{};
    };
    using LiveByHash = std::unordered_map<std::string, Live>;

    [[nodiscard]] bool Ended(const Live& live, core::SteadyTime now) const;
    static void DropOldest(LiveByHash& sessions, std::string_view access_key_id);

    const core::Clock& clock_;
    const SessionLimits limits_;
    core::Guarded<LiveByHash> sessions_;  ///< by the cookie's hash, so that no look-up tells of it
};

}  // namespace gyre::console
