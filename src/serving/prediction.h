#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"
#include "serving/routed_call.h"
#include "wire/action.h"

namespace gyre::serving {

/// One InvokeEndpoint call: from the request to the frame for a host, and from the host's reply to
/// the answer.
class Prediction final : public RoutedCall {
  public:
    /// kEvents: the answer is an event stream of PayloadParts. A model's answer comes whole, so its
    /// parts are on their way when it is complete.
    enum class Form { kWhole, kEvents };
    Prediction(wire::BufferedCall call, core::SteadyTime arrived, Form form = Form::kWhole)
        : call_(std::move(call)), arrived_(arrived), form_(form) {}

    /// Reads what routing wants to know. Errors: ValidationError, for what endpoints here have not.
    [[nodiscard]] core::Status Read();
    [[nodiscard]] const std::string& Endpoint() const override { return endpoint_; }
    [[nodiscard]] const std::string& TargetVariant() const override { return variant_; }
    [[nodiscard]] std::string_view TargetContainer() const override { return container_; }
    [[nodiscard]] std::string_view TargetModel() const override { return model_; }
    [[nodiscard]] core::SteadyTime Arrived() const override { return arrived_; }
    [[nodiscard]] int ModelStatus() const override { return model_status_; }
    [[nodiscard]] core::milliseconds MayWait(core::milliseconds longest) const override;
    [[nodiscard]] std::string Head(core::SteadyTime now) const override;
    [[nodiscard]] std::string TakeBody() override { return std::move(call_.body); }

    void Fail(core::Error error) override { call_.respond(core::Fail(std::move(error))); }
    bool Answer(const Place& place, const std::string& variant,
                core::Result<net::Frame> reply) override;

  private:
    void AddBody(net::Response& response, std::string content_type, std::string body) const;

    wire::BufferedCall call_;
    core::SteadyTime arrived_;
    const Form form_;
    std::string endpoint_;
    std::string variant_;
    std::string container_;
    std::string model_;
    uint64_t deadline_us_ = 0;
    bool trace_ = false;
    int model_status_ = 500;
};

}  // namespace gyre::serving
