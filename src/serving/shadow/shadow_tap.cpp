#include "serving/shadow/shadow_tap.h"

#include <optional>

#include "core/guarded.h"
#include "serving/host_protocol.h"
#include "serving/pipeline/pipeline_call.h"

namespace gyre::serving::shadow {
namespace {

/// Beyond them a shadow that is slower than production would only gather copies.
constexpr size_t kMostOutstanding = 256;

ModelAnswer AnswerOf(const core::Result<net::Frame>& reply) {
    ModelAnswer answer{.status = 0, .content_type = {}, .body = {}};
    if (!reply) return answer;
    auto head = DecodeReplyHead(reply->head);
    if (!head || head->error) return answer;
    answer.status = head->status;
    answer.content_type = std::move(head->content_type);
    answer.body = std::string(reply->body);
    return answer;
}

}  // namespace

/// The two answers to one prediction; the later one has them compared.
class ShadowTap::Pair final : public TappedPrediction {
  public:
    Pair(std::shared_ptr<const Options> options, std::string request_id, size_t bytes)
        : options_(std::move(options)), request_id_(std::move(request_id)), bytes_(bytes) {}
    ~Pair() override { options_->judge->Release(bytes_); }

    void Answered(const core::Result<net::Frame>& reply) override {
        auto answer = AnswerOf(reply);
        {
            auto both = both_.Lock();
            both->production = std::move(answer);
        }
        CompareIfBoth();
    }
    void ShadowAnswered(const core::Result<net::Frame>& reply, core::SteadyTime sent) {
        auto answer = AnswerOf(reply);
        options_->judge->Meter().Record(
            options_->endpoint, options_->shadow.name,
            {.status = answer.status == 0 ? 500 : answer.status,
             .answered = reply.has_value(),
             .model = std::chrono::duration_cast<core::microseconds>(options_->clock->Now() - sent),
             .overhead = core::microseconds(0)});
        {
            auto both = both_.Lock();
            both->shadow = std::move(answer);
        }
        CompareIfBoth();
    }

  private:
    struct Both {
        std::optional<ModelAnswer> production;
        std::optional<ModelAnswer> shadow;
    };

    void CompareIfBoth() {
        Comparison comparison;
        {
            auto both = both_.Lock();
            if (!both->production || !both->shadow) return;
            comparison.production = std::move(*std::exchange(both->production, std::nullopt));
            comparison.shadow = std::move(*both->shadow);
        }
        comparison.endpoint = options_->endpoint;
        comparison.variant = options_->shadow.name;
        comparison.request_id = request_id_;
        comparison.tolerance = options_->tolerance;
        options_->judge->Compare(std::move(comparison));
    }

    const std::shared_ptr<const Options> options_;
    const std::string request_id_;
    const size_t bytes_;
    core::Guarded<Both> both_;
};

std::shared_ptr<TappedPrediction> ShadowTap::Take(std::string_view, std::string_view head,
                                                  std::string_view body) {
    if (!counter_.Takes(options_->share)) return nullptr;
    HostLink* const host = options_->shadow.LeastBusy();
    const size_t bytes = head.size() + body.size();
    if (host == nullptr || host->Outstanding() >= kMostOutstanding ||
        !options_->judge->Reserve(bytes)) {
        options_->judge->Dropped(options_->endpoint, options_->shadow.name);
        return nullptr;
    }
    auto invoke = DecodeInvokeHead(head);
    auto pair = std::make_shared<Pair>(options_, invoke ? invoke->request_id : "", bytes);
    const core::SteadyTime sent = options_->clock->Now();
    std::string own(head);
    if (invoke && invoke->parts) {  // it is compared whole
        invoke->parts = false;
        own = EncodeInvokeHead(*invoke);
    }
    HostLink::Done done = [pair, sent](const core::Result<net::Frame>& reply) {
        pair->ShadowAnswered(reply, sent);
    };
    if (!options_->shadow.further.empty()) {
        done = pipeline::Through(pipeline::Further(options_, &options_->shadow.further), own,
                                 *options_->clock, std::move(done));
    }
    host->Invoke(std::move(own), std::string(body), std::move(done));
    return pair;
}

}  // namespace gyre::serving::shadow
