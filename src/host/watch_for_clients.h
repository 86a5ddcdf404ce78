#pragma once

#include <cstddef>

#include "core/clock.h"

namespace gyre::host {

/// When a host at another machine ends by itself. It is not killed with its server; but then nobody
/// talks to it any more, or nobody ever comes.
class WatchForClients {
  public:
    static constexpr core::seconds kLeft{15};  ///< after the last client went
    /// From the beginning without any: the server looks every now and then for the address, which a
    /// shared file system may show it late.
    static constexpr core::seconds kNeverMet{120};

    explicit WatchForClients(core::SteadyTime now) : last_seen_(now) {}
    /// Whether to end, with so many clients at that time.
    [[nodiscard]] bool Abandoned(size_t clients, core::SteadyTime now) {
        if (clients > 0) {
            last_seen_ = now;
            met_ = true;
        }
        return now - last_seen_ > (met_ ? kLeft : kNeverMet);
    }

  private:
    core::SteadyTime last_seen_;
    bool met_ = false;
};

}  // namespace gyre::host
