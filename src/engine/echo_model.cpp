#include "engine/echo_model.h"

#include <algorithm>

namespace gyre::engine {
namespace {

class EchoRequest final : public Prepared {
  public:
    explicit EchoRequest(Request given) : request(std::move(given)) {}
    [[nodiscard]] const std::string& BatchKey() const override { return key_; }
    [[nodiscard]] int Rows() const override { return 1; }
    Request request;

  private:
    const std::string key_;
};

class EchoModel final : public Model {
  public:
    explicit EchoModel(int concurrency) : concurrency_(concurrency) {
        info_.platform = "echo";
        info_.batches = true;
    }
    [[nodiscard]] const ModelInfo& Info() const override { return info_; }
    [[nodiscard]] int Concurrency() const override { return concurrency_; }
    [[nodiscard]] core::Result<std::unique_ptr<Prepared>> Prepare(Request request) override {
        return std::make_unique<EchoRequest>(std::move(request));
    }
    [[nodiscard]] std::vector<core::Result<Reply>> Run(
        std::span<const std::unique_ptr<Prepared>> batch, core::SteadyTime) override {
        std::vector<core::Result<Reply>> answers;
        answers.reserve(batch.size());
        for (const auto& item : batch) {
            Request& request = static_cast<EchoRequest&>(*item).request;
            Reply reply;
            reply.content_type = request.content_type;
            reply.body = std::move(request.body);
            answers.emplace_back(std::move(reply));
        }
        return answers;
    }

  private:
    ModelInfo info_;
    const int concurrency_;
};

}  // namespace

std::unique_ptr<Model> MakeEchoModel(const LoadOptions& options) {
    return std::make_unique<EchoModel>(std::max(1, options.workers));
}

}  // namespace gyre::engine
