#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"
#include "net/frame_channel.h"
#include "serving/invoke_errors.h"
#include "wire/action.h"

namespace gyre::serving {

/// One InvokeEndpoint call: from the request to the frame for a host, and from the host's reply to
/// the answer. One thread at a time.
class Prediction {
  public:
    Prediction(wire::BufferedCall call, core::SteadyTime arrived)
        : call_(std::move(call)), arrived_(arrived) {}

    /// Reads what routing wants to know. Errors: ValidationError, for what endpoints here have not.
    [[nodiscard]] core::Status Read();
    [[nodiscard]] const std::string& Endpoint() const { return endpoint_; }
    [[nodiscard]] const std::string& TargetVariant() const { return variant_; }
    [[nodiscard]] core::SteadyTime Arrived() const { return arrived_; }
    /// After Answer: what the model said, in HTTP's numbers; 500 where it said nothing.
    [[nodiscard]] int ModelStatus() const { return model_status_; }
    /// `longest`, or less where the caller's deadline comes before.
    [[nodiscard]] core::milliseconds MayWait(core::milliseconds longest) const;
    [[nodiscard]] std::string Head(core::SteadyTime now) const;
    [[nodiscard]] std::string TakeBody() { return std::move(call_.body); }

    void Fail(core::Error error) { call_.respond(core::Fail(std::move(error))); }
    /// False when the answer is an error.
    bool Answer(const Place& place, const std::string& variant, core::Result<net::Frame> reply);

  private:
    wire::BufferedCall call_;
    core::SteadyTime arrived_;
    std::string endpoint_;
    std::string variant_;
    uint64_t deadline_us_ = 0;
    bool trace_ = false;
    int model_status_ = 500;
};

}  // namespace gyre::serving
