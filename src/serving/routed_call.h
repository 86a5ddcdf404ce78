#pragma once

#include <string>

#include "core/clock.h"
#include "core/result.h"
#include "net/frame_channel.h"
#include "serving/host_link.h"
#include "serving/invoke_errors.h"

namespace gyre::serving {

/// One prediction on its way to a model host and back, as the router sees it; each face makes it of
/// its own requests, and answers it in its own shape. One thread at a time. Either Fail or Answer
/// is called, once, on an io thread (or, for what waits, on the thread that publishes a route).
class RoutedCall {
  public:
    virtual ~RoutedCall() = default;

    [[nodiscard]] virtual const std::string& Endpoint() const = 0;
    /// "": whichever the weights choose.
    [[nodiscard]] virtual const std::string& TargetVariant() const = 0;
    /// The hostname of the container that it is for, of a model in Direct mode; "" for none.
    [[nodiscard]] virtual std::string_view TargetContainer() const { return {}; }
    /// The model that it is for, of a multi-model endpoint; "" for none.
    [[nodiscard]] virtual std::string_view TargetModel() const { return {}; }
    /// At the front door.
    [[nodiscard]] virtual core::SteadyTime Arrived() const = 0;
    /// It comes out of the queue of an asynchronous endpoint, which takes nothing else.
    [[nodiscard]] virtual bool Queued() const { return false; }
    /// `longest`, or less where the caller's deadline comes before.
    [[nodiscard]] virtual core::milliseconds MayWait(core::milliseconds longest) const = 0;

    /// The frame for the host: docs/formats/host_protocol.md. Asked for once.
    [[nodiscard]] virtual std::string Head(core::SteadyTime now) const = 0;
    [[nodiscard]] virtual std::string TakeBody() = 0;

    /// It reached no host.
    virtual void Fail(core::Error error) = 0;
    /// A part of the answer came from `host`, of one whose Head asks for parts; Answer brings the
    /// rest.
    virtual void Part(net::Frame part, const std::string& variant, HostLink& host) {
        static_cast<void>(part);
        static_cast<void>(variant);
        static_cast<void>(host);
    }
    /// What the host said, or that it went away. False when the answer is an error.
    virtual bool Answer(const Place& place, const std::string& variant,
                        core::Result<net::Frame> reply) = 0;
    /// After Answer: what the model said, in HTTP's numbers; 500 where it said nothing.
    [[nodiscard]] virtual int ModelStatus() const = 0;
};

}  // namespace gyre::serving
