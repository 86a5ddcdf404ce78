#include "engine/native_model.h"

#include <algorithm>
#include <cstring>
#include <deque>

#include "core/guarded.h"
#include "core/inference_media.h"
#include "engine/codec/body_decoder.h"
#include "engine/codec/inference_reply.h"
#include "engine/codec/reply_encoder.h"

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;
using core::Result;

class NativeRequest final : public Prepared {
  public:
    NativeRequest(DecodedRows given, ReplyFormat reply_format, std::string key)
        : rows(std::move(given)), format(reply_format), key_(std::move(key)) {}
    [[nodiscard]] const std::string& BatchKey() const override { return key_; }
    [[nodiscard]] int Rows() const override { return static_cast<int>(rows.count); }

    const DecodedRows rows;
    const ReplyFormat format;

  private:
    const std::string key_;
};

const NativeRequest& Of(const std::unique_ptr<Prepared>& item) {
    return static_cast<const NativeRequest&>(*item);
}

/// Whether rows of any two requests have the same size.
bool RowsAgree(const std::vector<TensorSpec>& inputs) {
    for (const TensorSpec& input : inputs) {
        if (input.shape.empty() || input.any_type) return false;
        for (size_t i = 1; i < input.shape.size(); ++i) {
            if (input.shape[i] < 0) return false;
        }
    }
    return true;
}

std::string KeyOf(const DecodedRows& rows) {
    std::string key;
    for (const Tensor& tensor : rows.tensors) {
        key += ShapeText(
            Shape(tensor.Dims().begin() + (tensor.Dims().empty() ? 0 : 1), tensor.Dims().end()));
    }
    return key;
}

/// Values inside a body may begin at any byte.
bool Aligned(const Tensor& tensor) {
    return reinterpret_cast<uintptr_t>(tensor.Data()) % ByteSize(tensor.Type()) == 0;
}

bool HasRows(const Tensor& tensor, int64_t rows) {
    return !tensor.Dims().empty() && tensor.Dims()[0] == rows;
}

Tensor Part(const Tensor& whole, int64_t first, int64_t count, int64_t of) {
    Shape shape = whole.Dims();
    const size_t row = whole.Bytes() / static_cast<size_t>(of);
    shape[0] = count;
    const auto* data = static_cast<const char*>(whole.Data()) + static_cast<size_t>(first) * row;
    return Tensor(whole.Type(), std::move(shape), nullptr, data);
}

class NativeModel final : public Model {
  public:
    NativeModel(std::unique_ptr<Network> network, NativeOptions options,
                std::deque<std::unique_ptr<Session>> sessions)
        : network_(std::move(network)),
          info_(std::move(options.info)),
          concurrency_(static_cast<int>(sessions.size())),
          lanes_(std::clamp(options.lanes, 1, concurrency_)),
          default_accept_(std::move(options.default_accept)),
          rows_agree_(RowsAgree(network_->Inputs())),
          decoder_(network_->Inputs(), options.settings.image) {
        for (const TensorSpec& output : network_->Outputs()) {
            style_.output_names.push_back(output.name);
        }
        style_.labels = std::move(options.settings.labels);
        style_.top_k = options.settings.top_k;
        *idle_.Lock() = std::move(sessions);
    }

    [[nodiscard]] const ModelInfo& Info() const override { return info_; }
    [[nodiscard]] int Concurrency() const override { return concurrency_; }
    [[nodiscard]] int Lanes() const override { return lanes_; }

    [[nodiscard]] Result<std::unique_ptr<Prepared>> Prepare(Request request) override {
        ReplyFormat format = ReplyFormat::kJson;
        if (!core::IsInferenceContentType(request.content_type)) {  // which says it in its body
            GYRE_ASSIGN(format,
                        ChooseFormat(request.accept.empty() ? default_accept_ : request.accept));
        }
        GYRE_ASSIGN(DecodedRows rows,
                    decoder_.Decode(std::move(request.body), request.content_type));
        if (rows.inference) {
            rows.inference->model = request.headers[kModelNameHeader];
            GYRE_TRY(CheckOutputs(*rows.inference, style_));
        }
        std::string key = rows_agree_ ? "" : KeyOf(rows);
        return std::make_unique<NativeRequest>(std::move(rows), format, std::move(key));
    }

    [[nodiscard]] std::vector<Result<Reply>> Run(std::span<const std::unique_ptr<Prepared>> batch,
                                                 core::SteadyTime deadline) override {
        auto session = Take(deadline);
        if (!session) return {batch.size(), Fail(std::move(session.error()))};
        std::vector<Result<Reply>> answers;
        answers.reserve(batch.size());
        if (info_.batches && batch.size() > 1) {
            if (RunTogether(**session, batch, answers)) {
                GiveBack(std::move(*session));
                return answers;
            }
        }
        for (size_t i = 0; i < batch.size(); ++i) {  // one by one, so that a bad one fails alone
            answers.push_back(RunAlone(**session, Of(batch[i])));
        }
        GiveBack(std::move(*session));
        return answers;
    }

    [[nodiscard]] Network& Bare() { return *network_; }

  private:
    Result<std::unique_ptr<Session>> Take(core::SteadyTime deadline) {
        auto idle = idle_.Lock();
        if (!idle.WaitUntil(deadline, [&] { return !idle->empty(); })) {
            return Fail(Code::kDeadlineExceeded, "the model is busy");
        }
        std::unique_ptr<Session> session = std::move(idle->front());
        idle->pop_front();
        return session;
    }

    void GiveBack(std::unique_ptr<Session> session) {
        idle_.Lock()->push_front(std::move(session));
        idle_.NotifyOne();
    }

    /// False when the batch failed as a whole, or its outputs have not a row for each of its rows:
    /// how many a model gives may depend on the values, which no trial at load shows.
    bool RunTogether(Session& session, std::span<const std::unique_ptr<Prepared>> batch,
                     std::vector<Result<Reply>>& answers) {
        int64_t total = 0;
        for (const auto& item : batch) total += Of(item).rows.count;
        for (size_t input = 0; input < network_->Inputs().size(); ++input) {
            const Tensor& first = Of(batch[0]).rows.tensors[input];
            Shape shape = first.Dims();
            shape[0] = total;
            auto memory = session.Input(input, first.Type(), shape);
            if (!memory) return false;
            auto* to = static_cast<char*>(*memory);
            for (const auto& item : batch) {
                const Tensor& tensor = Of(item).rows.tensors[input];
                std::memcpy(to, tensor.Data(), tensor.Bytes());
                to += tensor.Bytes();
            }
        }
        if (!session.Infer()) return false;
        auto outputs = Outputs(session);
        if (!outputs) return false;
        const auto has_all = [total](const Tensor& output) { return HasRows(output, total); };
        if (!std::ranges::all_of(*outputs, has_all)) return false;
        int64_t begin = 0;
        for (const auto& item : batch) {
            const int64_t count = Of(item).rows.count;
            std::vector<Tensor> parts;
            for (const Tensor& output : *outputs) {
                parts.push_back(Part(output, begin, count, total));
            }
            answers.push_back(Encode(parts, Of(item)));
            begin += count;
        }
        return true;
    }

    Result<Reply> RunAlone(Session& session, const NativeRequest& request) {
        for (size_t i = 0; i < request.rows.tensors.size(); ++i) {
            GYRE_TRY(Give(session, i, request.rows.tensors[i]));
        }
        GYRE_TRY(session.Infer());
        GYRE_ASSIGN(const std::vector<Tensor> outputs, Outputs(session));
        return Encode(outputs, request);
    }

    static core::Status Give(Session& session, size_t input, const Tensor& tensor) {
        if (Aligned(tensor)) return session.Borrow(input, tensor);
        GYRE_ASSIGN(void* memory, session.Input(input, tensor.Type(), tensor.Dims()));
        std::memcpy(memory, tensor.Data(), tensor.Bytes());
        return {};
    }

    Result<std::vector<Tensor>> Outputs(Session& session) {
        std::vector<Tensor> outputs;
        for (size_t i = 0; i < session.OutputCount(); ++i) {
            GYRE_ASSIGN(Tensor output, session.Output(i));
            outputs.push_back(std::move(output));
        }
        return outputs;
    }

    Result<Reply> Encode(std::span<const Tensor> outputs, const NativeRequest& request) {
        const auto has_one = [](const Tensor& output) { return HasRows(output, 1); };
        const bool single = request.rows.single && std::ranges::all_of(outputs, has_one);
        if (request.rows.inference) {
            return EncodeInferenceReply(outputs, single, *request.rows.inference, style_);
        }
        return EncodeReply(outputs, single, request.rows.envelope, request.format, style_);
    }

    const std::unique_ptr<Network> network_;
    const ModelInfo info_;
    const int concurrency_;
    const int lanes_;
    const std::string default_accept_;
    const bool rows_agree_;
    const BodyDecoder decoder_;
    ReplyStyle style_;
    core::Guarded<std::deque<std::unique_ptr<Session>>> idle_;
};

}  // namespace

NativeOptions NativeOptions::From(const LoadOptions& options, const ModelSettings& settings) {
    NativeOptions native;
    native.settings = settings;
    native.lanes = std::max(1, options.workers);
    native.concurrency = native.lanes;
    // The stock container's variable.
    const auto accept = options.environment.find("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT");
    if (accept != options.environment.end()) native.default_accept = accept->second;
    return native;
}

Result<std::unique_ptr<Model>> MakeNativeModel(std::unique_ptr<Network> network,
                                               NativeOptions options) {
    std::deque<std::unique_ptr<Session>> sessions;
    for (int i = 0; i < std::max(1, options.concurrency); ++i) {
        GYRE_ASSIGN(auto session, network->NewSession());
        sessions.push_back(std::move(session));
    }
    return std::make_unique<NativeModel>(std::move(network), std::move(options),
                                         std::move(sessions));
}

Network* NetworkOf(Model& model) {
    auto* native = dynamic_cast<NativeModel*>(&model);
    return native ? &native->Bare() : nullptr;
}

}  // namespace gyre::engine
