#include "serving/torchserve/inference_api.h"

#include <boost/json.hpp>

#include "core/ascii.h"
#include "net/http_message.h"
#include "serving/torchserve/answers.h"
#include "serving/torchserve/paths.h"
#include "serving/torchserve/prediction.h"

namespace gyre::serving::torchserve {
namespace {

using Exchange = std::shared_ptr<net::Exchange>;
using Verb = InferencePath::Verb;

class InferenceRequests : public std::enable_shared_from_this<InferenceRequests> {
  public:
    explicit InferenceRequests(const InferenceOptions& options) : options_(options) {}

    void Handle(InferencePath path, Exchange exchange) {
        if (path.verb == Verb::kPing) return Ping(*exchange);
        if (options_.tokens != nullptr &&
            !options_.tokens->Permits(exchange->Head().headers, Tokens::Kind::kInference)) {
            return Refuse(*exchange,
                          Refusal(400, "InvalidKeyException",
                                  "Token Authorization failed. Token either incorrect, expired, or "
                                  "not provided correctly"));
        }
        if (path.model.empty() && path.query_counts) path.model = NamedElsewhere(*exchange);
        if (path.model.empty()) {
            return path.query_counts
                       ? Refuse(*exchange, Refusal(400, "BadRequestException",
                                                   "Parameter model_name is required."))
                       : Refuse(*exchange, NoSuchResource());
        }
        auto route = options_.models->RouteOf(path.model, path.version);
        if (path.verb == Verb::kReady) return Ready(*exchange, path.model, route);
        if (!route) return Refuse(*exchange, route.error());
        options_.metrics->Asked(path.model, path.version);
        const core::SteadyTime arrived = options_.clock->Now();
        exchange->ReadBody(options_.max_body, [self = shared_from_this(), exchange,
                                               path = std::move(path), route = std::move(*route),
                                               arrived](core::Result<std::string> body) {
            if (!body) {
                const bool large = body.error().code == core::Code::kResourceExhausted;
                return self->Refuse(*exchange, Refusal(large ? 413 : 400, "BadRequestException",
                                                       std::move(body.error().message)));
            }
            self->Ask({.exchange = exchange,
                       .model = path.model,
                       .asked_version = path.version,
                       .route = route,
                       .body = std::move(*body),
                       .query = path.query_counts ? exchange->Head().query : "",
                       .url_path = path.rest,
                       .explain = path.verb == Verb::kExplain,
                       .described = {},
                       .arrived = arrived,
                       .most_answer = self->options_.most_answer});
        });
    }

  private:
    using Question = TorchServePrediction::Question;

    /// At once, or in its sequence's turn.
    void Ask(Question question) {
        const net::Headers& headers = question.exchange->Head().headers;
        const SequenceHeaders& names = options_.sequence;
        const auto sequences = question.route.sequences;
        if (sequences == nullptr) return Send(std::move(question));
        std::string id(headers.Get(names.id));
        const bool begins = id.empty();
        if (begins) id = "ts-seq-" + question.exchange->Head().request_id;
        const bool last = IsTrue(headers.Get(names.end));
        question.sequence = {.names = &names, .id = id, .begins = begins};
        question.answered = [sequences, id, clock = options_.clock](bool over) {
            sequences->Answered(id, over, clock->Now());
        };
        const auto held = std::make_shared<Question>(std::move(question));
        const bool taken = sequences->Offer(id, last, options_.clock->Now(),
                                            [self = shared_from_this(), held](int worker) {
                                                held->variant = Models::WorkerVariant(worker);
                                                self->Send(std::move(*held));
                                            });
        if (taken) return;
        Refuse(*held->exchange, Refusal(503, "ServiceUnavailableException",
                                        NoWorkerText(held->model, held->asked_version)));
    }

    void Send(Question question) {
        options_.router->Predict(std::make_shared<TorchServePrediction>(
            std::move(question), *options_.metrics, *options_.pool, *options_.clock));
    }

    static bool IsTrue(std::string_view text) { return core::AsciiLower(text) == "true"; }

    void Refuse(net::Exchange& exchange, const core::Error& error) {
        net::Response response = ErrorAnswer(error);
        options_.metrics->Answered(response.status);
        Answer(exchange, std::move(response));
    }

    void Ping(net::Exchange& exchange) {
        const bool healthy = options_.models->Healthy();
        Answer(exchange, StatusAnswer(healthy ? 200 : 500, healthy ? "Healthy" : "Unhealthy"));
    }

    /// KServe V1's: whether the model has workers.
    void Ready(net::Exchange& exchange, const std::string& model,
               const core::Result<Models::Route>& route) {
        if (!route && route.error().http_status == 404) return Refuse(exchange, route.error());
        Answer(exchange,
               JsonAnswer(200, core::JsonObject{{"name", model}, {"ready", route.has_value()}}));
    }

    std::string NamedElsewhere(const net::Exchange& exchange) const {
        if (const auto query = net::ParseQuery(exchange.Head().query)) {
            for (const auto& [name, value] : *query) {
                if (name == "model_name" && !value.empty()) return value;
            }
        }
        const auto startup = options_.models->StartupModels();
        return startup.size() == 1 ? startup.front() : "";
    }

    const InferenceOptions options_;
};

}  // namespace

net::Handler MakeInferenceApi(InferenceOptions options, net::Handler next) {
    auto api = std::make_shared<InferenceRequests>(options);
    return [api = std::move(api), next = std::move(next)](Exchange exchange) {
        const net::RequestHead& head = exchange->Head();
        const auto parts = net::SplitPath(head.path);
        if (parts) {
            if (auto path = ParseInferencePath(*parts, head.method)) {
                return api->Handle(std::move(*path), std::move(exchange));
            }
        }
        next(std::move(exchange));
    };
}

}  // namespace gyre::serving::torchserve
