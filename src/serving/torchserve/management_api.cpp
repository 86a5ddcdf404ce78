#include "serving/torchserve/management_api.h"

#include <boost/json.hpp>

#include <charconv>

#include "net/http_message.h"
#include "serving/torchserve/answers.h"
#include "serving/torchserve/descriptions.h"
#include "serving/torchserve/paths.h"
#include "serving/torchserve/prediction.h"

namespace gyre::serving::torchserve {
namespace {

using core::Fail;
using core::Result;
using Exchange = std::shared_ptr<net::Exchange>;
using Query = std::vector<std::pair<std::string, std::string>>;
using Parts = std::vector<std::string>;

constexpr size_t kMostBody = 1 << 20;
constexpr core::seconds kExtraWait{5};  // beyond a start's own time limit, which fails it

core::Error NotAllowed() {
    return Refusal(405, "MethodNotAllowedException",
                   "Requested method is not allowed, please refer to API document.");
}

core::Error NoNewKey() {
    return Refusal(400, "InvalidKeyException",
                   "Token Authentication failed. Token either incorrect, expired, or not provided "
                   "correctly");
}

std::string TextIn(const Query& query, std::string_view name, const std::string& otherwise = "") {
    for (const auto& [key, value] : query) {
        if (key == name) return value;
    }
    return otherwise;
}

/// As TorchServe reads it: what is no number is the default.
int NumberIn(const Query& query, std::string_view name, int otherwise) {
    const std::string text = TextIn(query, name);
    int value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && stop == text.data() + text.size() ? value : otherwise;
}

class ManagementRequests : public std::enable_shared_from_this<ManagementRequests> {
  public:
    explicit ManagementRequests(const ManagementOptions& options) : options_(options) {}

    static bool Takes(const Parts& parts) {
        return !parts.empty() && (parts[0] == "models" || parts == Parts{"token"}) &&
               parts.size() <= 4;
    }

    void Handle(Parts parts, Exchange exchange) {
        const net::Headers& headers = exchange->Head().headers;
        const bool for_key = parts[0] == "token";
        if (options_.tokens != nullptr &&
            !options_.tokens->Permits(headers,
                                      for_key ? Tokens::Kind::kApi : Tokens::Kind::kManagement)) {
            return Refuse(*exchange,
                          for_key ? NoNewKey()
                                  : Refusal(400, "InvalidKeyException",
                                            "Token Authorization failed. Token either "
                                            "incorrect, expired, or not provided correctly"));
        }
        auto query = net::ParseQuery(exchange->Head().query);
        if (!query) {
            return Refuse(*exchange, Refusal(400, "BadRequestException", "a broken query"));
        }
        if (exchange->Head().method == "GET" && parts.size() >= 2 &&
            TextIn(*query, "customized") == "true" && !(parts.size() > 2 && parts[2] == "all")) {
            return Customized(parts, std::move(exchange));
        }
        exchange->ReadBody(
            kMostBody, [self = shared_from_this(), exchange, parts = std::move(parts),
                        query = std::move(*query)](Result<std::string> body) {
                if (!body) {
                    return self->Refuse(*exchange, Refusal(400, "BadRequestException",
                                                           std::move(body.error().message)));
                }
                const bool asked = exchange->Head().method == "GET";
                core::WorkerPool& pool = asked ? *self->options_.pages : *self->options_.pool;
                const bool taken =
                    pool.TrySubmit([self, exchange, parts, query, asked, text = std::move(*body)] {
                        auto answer = self->Decide(parts, query, text, exchange->Head());
                        if (answer && !asked && self->options_.changed) self->options_.changed();
                        if (!answer) return self->Refuse(*exchange, answer.error());
                        Answer(*exchange, std::move(*answer));
                    });
                if (!taken) {
                    self->Refuse(*exchange, Refusal(503, "ServiceUnavailableException",
                                                    "too many management requests wait"));
                }
            });
    }

  private:
    void Refuse(net::Exchange& exchange, const core::Error& error) {
        net::Response response = ErrorAnswer(error);
        options_.metrics->Answered(response.status);
        Answer(exchange, std::move(response));
    }

    Result<net::Response> Decide(const Parts& parts, const Query& query, const std::string& body,
                                 const net::RequestHead& head) {
        if (parts[0] == "token") return RenewToken(query, head.method);
        const std::string& method = head.method;
        if (parts.size() == 1) {
            if (method == "GET") {
                return JsonAnswer(
                    200, DescribeList(options_.models->List(), NumberIn(query, "limit", 100),
                                      NumberIn(query, "next_page_token", 0)));
            }
            if (method == "POST") return Register(query, body, head);
            return Fail(NotAllowed());
        }
        const std::string& name = parts[1];
        const std::string version = parts.size() > 2 ? parts[2] : "";
        if (parts.size() == 4) {
            if (parts[3] != "set-default" || method != "PUT") return Fail(NoSuchResource());
            GYRE_TRY(options_.models->SetDefault(name, version));
            return StatusAnswer(200, "Default version successfully updated for model \"" + name +
                                         "\" to \"" + version + "\"");
        }
        if (method == "GET") return Describe(name, version);
        if (method == "PUT") return Scale(name, version, query);
        if (method == "DELETE") {
            GYRE_TRY(MayChangeModels());
            GYRE_TRY(options_.library->Unregister(
                name, version,
                options_.clock->Now() + core::seconds(options_.unregister_timeout_s)));
            return StatusAnswer(200, "Model \"" + name + "\" unregistered");
        }
        return Fail(NotAllowed());
    }

    core::Status MayChangeModels() const {
        if (options_.model_api) return {};
        return Fail(NotAllowed());
    }

    Result<net::Response> RenewToken(const Query& query, const std::string& method) {
        if (method != "GET") return Fail(NotAllowed());
        if (options_.tokens == nullptr) return Fail(NoSuchResource());
        const std::string type = TextIn(query, "type");
        if (type != "inference" && type != "management") {
            return Fail(NoNewKey());
        }
        GYRE_TRY(options_.tokens->Renew(type == "management" ? Tokens::Kind::kManagement
                                                             : Tokens::Kind::kInference));
        return StatusAnswer(200, "Token of type " + type + " renewed; the key file holds it");
    }

    Result<net::Response> Describe(const std::string& name, const std::string& version) {
        GYRE_ASSIGN(const auto all, options_.models->Describe(name, version));
        core::JsonArray list;
        for (const ModelFacts& facts : all) list.push_back(DescribeModel(facts));
        return JsonAnswer(200, list);
    }

    net::Response DescribeWith(const Parts& parts, const std::string& said) {
        const auto all = options_.models->Describe(parts[1], parts.size() > 2 ? parts[2] : "");
        if (!all) return ErrorAnswer(all.error());
        core::JsonObject one = DescribeModel(all->front()).as_object();
        if (!said.empty()) {
            auto object = core::ParseJson(said);
            one["customizedMetadata"] =
                object && object->is_object() ? std::move(*object) : core::JsonObject{};
        }
        return JsonAnswer(200, core::JsonArray{std::move(one)});
    }

    Result<net::Response> Register(const Query& query, const std::string& body,
                                   const net::RequestHead& head) {
        GYRE_TRY(MayChangeModels());
        RegisterOrder order;
        if (head.headers.Get("Content-Type").starts_with("application/json")) {
            auto json = core::ParseJson(body);
            if (!json) {
                return Fail(Refusal(400, "BadRequestException", std::move(json.error().message)));
            }
            GYRE_ASSIGN(order, RegisterOrder::Read(*json));
        } else {
            GYRE_ASSIGN(order, RegisterOrder::Read(query));
        }
        GYRE_ASSIGN(const Library::Registered model, options_.library->Register(order));
        const std::string said =
            "Model \"" + model.name + "\" Version: " + model.version + " registered with ";
        if (model.workers == 0) {
            return StatusAnswer(200, said +
                                         "0 initial workers. Use scale workers API to add "
                                         "workers for the model.");
        }
        if (!order.synchronous) return StatusAnswer(202, "Processing worker updates...");
        auto answer = Await(model.name, model.version,
                            said + std::to_string(model.workers) + " initial workers");
        if (!answer) {
            (void)options_.library->Unregister(model.name, model.version, options_.clock->Now());
        }
        return answer;
    }

    Result<net::Response> Scale(const std::string& name, std::string version, const Query& query) {
        const int least = NumberIn(query, "min_worker", 1);
        const int most = NumberIn(query, "max_worker", least);
        if (version.empty()) version = TextIn(query, "model_version");
        GYRE_TRY(options_.models->Scale(name, version, least, most));
        if (TextIn(query, "synchronous") != "true") {
            return StatusAnswer(202, "Processing worker updates...");
        }
        return Await(name, version,
                     "Workers scaled to " + std::to_string(least) + " for model: " + name +
                         (version.empty() ? "" : ", version: " + version));
    }

    Result<net::Response> Await(const std::string& name, const std::string& version,
                                const std::string& done) {
        GYRE_ASSIGN(const auto facts, options_.models->Describe(name, version));
        const core::seconds limit(facts[0].settings.startup_timeout_s);
        const auto outcome =
            options_.models->AwaitScaled(name, version, options_.clock->Now() + limit + kExtraWait);
        switch (outcome.scaled) {
            case Models::Scaled::kDone:
                return StatusAnswer(200, done);
            case Models::Scaled::kUnderWay:
                return StatusAnswer(206, "Workers scaling in progress...");
            case Models::Scaled::kFailed:
                break;
        }
        return Fail(Refusal(500, "InternalServerException",
                            "Failed to start workers for model " + name +
                                " version: " + facts[0].archive.version + ": " + outcome.reason));
    }

    /// ?customized=true: what the handler says of itself is a member of the description.
    void Customized(const Parts& parts, Exchange exchange) {
        auto route = options_.models->RouteOf(parts[1], parts.size() > 2 ? parts[2] : "");
        if (!route) {
            core::Error error = std::move(route.error());
            if (error.http_status == 503) {
                error.message =
                    "Model \"" + parts[1] +
                    "\" has no worker to serve describe request. Please use scale workers "
                    "API to add workers.";
            }
            return Refuse(*exchange, error);
        }
        options_.router->Predict(std::make_shared<TorchServePrediction>(
            TorchServePrediction::Question{
                .exchange = exchange,
                .model = parts[1],
                .route = std::move(*route),
                .body = {},
                .query = {},
                .url_path = {},
                .explain = false,
                .described = [self = shared_from_this(),
                              parts](std::string said) { return self->DescribeWith(parts, said); },
                .arrived = options_.clock->Now()},
            *options_.metrics, *options_.pool, *options_.clock));
    }

    const ManagementOptions options_;
};

}  // namespace

net::Handler MakeManagementApi(ManagementOptions options, net::Handler next) {
    auto api = std::make_shared<ManagementRequests>(options);
    return [api = std::move(api), next = std::move(next)](Exchange exchange) {
        auto parts = net::SplitPath(exchange->Head().path);
        if (parts && ManagementRequests::Takes(*parts))
            return api->Handle(std::move(*parts), std::move(exchange));
        next(std::move(exchange));
    };
}

}  // namespace gyre::serving::torchserve
