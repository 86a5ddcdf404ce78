#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/guarded.h"
#include "core/result.h"
#include "net/frame_channel.h"
#include "transform/host_pool.h"
#include "transform/transform_spec.h"

namespace gyre::transform {

/// What a model said of a payload.
struct ModelAnswer {
    core::Body body;
    std::string content_type;
};

/// How a request went wrong.
struct Refusal {
    enum class Then {
        kGiveUp,  ///< the payload is at fault
        kAgain,   ///< one of the retries is used up
        kAlone,   ///< as kAgain; its host or program ended, and others that were there may be why
        kLater,   ///< it was not begun, for want of room: try again, however often
        kMisfit,  ///< it was answered, but not as the job wants it: no other try is better
    } then = Then::kAgain;
    std::string reason;
    int status = 0;      ///< the model's; 0: it gave none
    std::string answer;  ///< its beginning
};

/// What a host's reply to an invoke says.
[[nodiscard]] tl::expected<ModelAnswer, Refusal> ReadReply(core::Result<net::Frame> reply);

/// One request to a host, on its way from the moment that it is made. One thread waits for it;
/// dropped before its answer came, it leaves the answer to nobody.
class Invocation {
  public:
    Invocation(HostPool::Place place, const TransformSpec& spec, std::string id, core::Body body);

    /// Waits for the answer, up to the spec's timeout after the beginning; kCancelled where
    /// `cancel` came before. The place at the host stays taken until this object goes.
    [[nodiscard]] core::Result<tl::expected<ModelAnswer, Refusal>> Wait(
        const core::CancelToken& cancel);

  private:
    struct Answered {
        std::optional<core::Result<net::Frame>> reply;
    };
    HostPool::Place place_;
    const core::SteadyTime deadline_;
    std::shared_ptr<core::Guarded<Answered>> answered_;
};

}  // namespace gyre::transform
