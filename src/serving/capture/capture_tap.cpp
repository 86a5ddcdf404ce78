#include "serving/capture/capture_tap.h"

#include "serving/host_protocol.h"

namespace gyre::serving::capture {

class CaptureTap::Tapped final : public TappedPrediction {
  public:
    Tapped(std::string endpoint, CaptureRecord record, std::shared_ptr<CaptureWriter> writer)
        : endpoint_(std::move(endpoint)), record_(std::move(record)), writer_(std::move(writer)) {}

    void Answered(const core::Result<net::Frame>& reply) override {
        if (!reply) return;
        auto head = DecodeReplyHead(reply->head);
        if (!head || head->error || head->status < 200 || head->status > 299) return;
        if (record_.config->output) {
            record_.output = {.content_type = std::move(head->content_type),
                              .body = std::string(reply->body)};
        }
        writer_->Add(endpoint_, std::move(record_));
    }

  private:
    const std::string endpoint_;
    CaptureRecord record_;
    const std::shared_ptr<CaptureWriter> writer_;
};

std::shared_ptr<TappedPrediction> CaptureTap::Take(std::string_view variant, std::string_view head,
                                                   std::string_view body) {
    if (!counter_->Takes(config_->percent / 100.0)) return nullptr;
    auto invoke = DecodeInvokeHead(head);
    if (!invoke) return nullptr;
    CaptureRecord record;
    record.config = config_;
    record.variant = variant;
    record.time = writer_->Now();
    for (auto& [name, value] : invoke->headers) {
        if (name == "x-amzn-sagemaker-custom-attributes") record.custom_attributes = value;
        if (name == "x-amzn-sagemaker-inference-id") record.inference_id = value;
    }
    if (config_->input) {
        record.input = {.content_type = std::move(invoke->content_type), .body = std::string(body)};
    }
    return std::make_shared<Tapped>(endpoint_, std::move(record), writer_);
}

}  // namespace gyre::serving::capture
