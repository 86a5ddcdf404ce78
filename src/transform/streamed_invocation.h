#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/cancel.h"
#include "core/guarded.h"
#include "net/exchange.h"
#include "transform/host_pool.h"
#include "transform/invocation.h"

namespace gyre::transform {

/// One request whose body goes to the host piece by piece as it is read, and whose answer comes so,
/// whatever their lengths. Constructed means begun; one thread; the destructor abandons what has
/// not ended. The place at the host stays taken until this object goes.
class StreamedInvocation {
  public:
    /// Of the bytes of a body that went, and of those of its answer that came: what is on the way
    /// of a request at most.
    static constexpr size_t kMemory = size_t{4} << 20;
    struct Steps {
        std::function<void(size_t bytes)> sent;
        std::function<core::Status(ModelAnswer part)> came;  ///< an error ends the request
    };

    StreamedInvocation(HostPool::Place place, const TransformSpec& spec);
    ~StreamedInvocation();
    StreamedInvocation(const StreamedInvocation&) = delete;
    StreamedInvocation& operator=(const StreamedInvocation&) = delete;

    /// Sends all of `body` and hands on all of the answer. An answer without bytes brings its
    /// content type by what this returns. Errors: kCancelled for `cancel`, those of `steps`.
    [[nodiscard]] core::Result<tl::expected<ModelAnswer, Refusal>> Run(
        net::BodyReader& body, const Steps& steps, const core::CancelToken& cancel);

  private:
    struct Came {
        int pieces = 0;  ///< that are on their way
        std::deque<net::Frame> parts;
        std::optional<core::Result<net::Frame>> reply;
        core::SteadyTime last;  ///< when something came
    };
    enum class Next { kPart, kReply, kPiece };

    [[nodiscard]] core::Result<std::optional<Next>> WaitForNext(const core::CancelToken& cancel);
    [[nodiscard]] core::Status TakePart(const Steps& steps);
    [[nodiscard]] core::Result<size_t> SendPiece(net::BodyReader& body);
    void Send(core::Body piece, bool last, bool abandoned);
    void AskForPart();

    HostPool::Place place_;
    const std::string id_;
    const core::seconds timeout_;
    bool all_sent_ = false;
    std::shared_ptr<core::Guarded<Came>> came_;
};

}  // namespace gyre::transform
