#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "load/load_options.h"

namespace gyre::load {

/// The requests of a run, their heads made and signed beforehand. A signature covers path, headers,
/// body and time, and no nonce, so one serves for as long as the server takes its time for the
/// present; Refresh makes them anew well before that. So signing costs the generator nothing, and
/// the server all that it costs with any client.
class RequestSet {
  public:
    /// `options` must outlive it.
    RequestSet(const LoadOptions& options, core::WallTime now);

    /// Signs again when the signatures are a minute old.
    void Refresh(core::WallTime now);

    [[nodiscard]] size_t Count() const { return options_.bodies.size(); }
    /// Valid until the next Refresh.
    [[nodiscard]] std::string_view Head(size_t index) const { return heads_[index]; }
    [[nodiscard]] std::string_view Body(size_t index) const { return options_.bodies[index]; }

  private:
    [[nodiscard]] std::string MakeHead(size_t index) const;

    const LoadOptions& options_;
    std::vector<std::string> hashes_;
    std::vector<std::string> heads_;
    core::WallTime made_;
};

}  // namespace gyre::load
