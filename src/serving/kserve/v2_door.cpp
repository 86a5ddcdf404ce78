#include "serving/kserve/v2_door.h"

#include <boost/json.hpp>

#include "core/guarded.h"
#include "core/gzip.h"
#include "serving/deadline_header.h"
#include "serving/kserve/host_survey.h"
#include "serving/kserve/model_repository.h"
#include "serving/kserve/v2_answer.h"
#include "serving/kserve/v2_documents.h"
#include "serving/kserve/v2_inference.h"
#include "serving/kserve/v2_path.h"
#include "serving/kserve/v2_settings.h"

namespace gyre::serving::kserve {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using Exchange = std::shared_ptr<net::Exchange>;
using Route = std::shared_ptr<const EndpointRoute>;
using Verb = V2Path::Verb;

constexpr size_t kMostQuestion = 1 << 20;        // bytes of a body that is not an inference's
constexpr core::milliseconds kBetweenLooks(50);  // while a model loads or goes
constexpr int kMostLooks = 20 * 600;             // ten minutes of them

class Door : public std::enable_shared_from_this<Door> {
  public:
    explicit Door(V2DoorOptions options)
        : options_(std::move(options)), level_(options_.log_level) {}

    void Handle(const V2Path& path, Exchange exchange) {
        const net::RequestHead& head = exchange->Head();
        const std::string_view wanted = MethodOf(path.verb);
        const bool changes = IsSettings(path.verb) && head.method == "POST";
        if (path.verb != Verb::kUnknown && head.method != wanted && !changes &&
            !(wanted == "GET" && head.method == "HEAD")) {
            net::Response refused =
                ErrorAnswer(405, head.path + " takes " + std::string(wanted) + " only");
            refused.headers.Add("Allow", std::string(wanted));
            return exchange->Respond(std::move(refused));
        }
        // Probes have no token.
        if (path.verb == Verb::kLive || path.verb == Verb::kReady) {
            const char* const what = path.verb == Verb::kLive ? "live" : "ready";
            return exchange->Respond(JsonAnswer(200, JsonObject{{what, true}}));
        }
        if (!options_.access.Permits(head)) {
            net::Response refused =
                ErrorAnswer(401,
                            "this face takes no requests from elsewhere without a token: send "
                            "\"Authorization: Bearer TOKEN\" (docs/api/kserve.md)");
            refused.headers.Add("WWW-Authenticate", "Bearer");
            return exchange->Respond(std::move(refused));
        }
        switch (path.verb) {
            case Verb::kServer:
                return exchange->Respond(JsonAnswer(200, ServerMetadata(options_.version)));
            case Verb::kIndex:
                return Index(std::move(exchange));
            case Verb::kLoad:
            case Verb::kUnload:
                return path.verb == Verb::kLoad ? Load(path, std::move(exchange))
                                                : Repository(path, std::move(exchange));
            case Verb::kNoSharedMemory:
                return exchange->Respond(JsonAnswer(200, JsonArray{}));
            case Verb::kSharedMemory:
                return exchange->Respond(ErrorAnswer(
                    501,
                    "shared memory is not taken: send tensors in the request, as binary data"));
            case Verb::kUnknown:
                return exchange->Respond(ErrorAnswer(404, "there is nothing at " + head.path));
            case Verb::kLogging:
                return Settings(changes, std::move(exchange),
                                [self = shared_from_this()](const Json& asked) {
                                    return self->Logging(asked);
                                });
            case Verb::kTrace:
                if (!path.model.empty() && Find(path.model) == nullptr) break;
                return Settings(changes, std::move(exchange),
                                [](const Json& asked) -> core::Result<Json> {
                                    GYRE_TRY(CheckTraceSettings(asked));
                                    return TraceSettings();
                                });
            case Verb::kStatistics:
                if (path.model.empty()) return AllStatistics(std::move(exchange));
                break;
            default:
                break;
        }
        OfModel(path, std::move(exchange));
    }

  private:
    using Change = std::function<core::Result<Json>(const Json& wanted)>;

    /// What they are, after the change where the request is one.
    static void Settings(bool changes, Exchange exchange, Change change) {
        const auto answer = [change = std::move(change)](net::Exchange& to, const Json& wanted) {
            auto now = change(wanted);
            to.Respond(now ? JsonAnswer(200, *now) : ErrorAnswer(now.error()));
        };
        if (!changes) return answer(*exchange, JsonObject{});
        exchange->ReadBody(kMostQuestion,
                           [exchange, answer](const core::Result<std::string>& body) {
                               if (!body) return exchange->Respond(ErrorAnswer(body.error()));
                               const auto json = core::ParseJson(body->empty() ? "{}" : *body);
                               if (!json) return exchange->Respond(ErrorAnswer(json.error()));
                               answer(*exchange, *json);
                           });
    }

    core::Result<Json> Logging(const Json& wanted) {
        auto level = level_.Lock();
        GYRE_ASSIGN(const core::LogLevel chosen, ChangedLogLevel(*level, wanted));
        if (chosen != *level) core::SetLogLevel(chosen);
        *level = chosen;
        return LogSettings(chosen);
    }

    Route Find(const std::string& name) const {
        const auto routes = options_.router->Routes();
        const auto found = routes->find(name);
        return found == routes->end() ? nullptr : found->second;
    }

    void OfModel(const V2Path& path, Exchange exchange) {
        const Route route = Find(path.model);
        if (route == nullptr) {
            return exchange->Respond(
                ErrorAnswer(404, "Request for unknown model: '" + path.model + "' is not found"));
        }
        if (!path.version.empty() && path.version != kVersion) {
            return exchange->Respond(ErrorAnswer(404, "Request for unknown model: '" + path.model +
                                                          "' version " + path.version +
                                                          " is not found; its version is 1"));
        }
        if (path.verb == Verb::kModelReady) {
            return exchange->Respond(
                IsReady(*route) ? JsonAnswer(200, JsonObject{{"name", path.model}, {"ready", true}})
                                : NotReady(*route));
        }
        if (!route->in_service) return exchange->Respond(NotReady(*route));
        if (path.verb == Verb::kInfer) return Infer(path.model, std::move(exchange));
        Survey(*options_.loop, *route,
               [exchange = std::move(exchange), verb = path.verb,
                name = path.model](const std::vector<HostStatus>& hosts) {
                   if (hosts.empty()) {
                       return exchange->Respond(
                           ErrorAnswer(503, "no host of '" + name + "' answers just now"));
                   }
                   switch (verb) {
                       case Verb::kModelConfig:
                           return exchange->Respond(
                               JsonAnswer(200, ModelConfiguration(name, hosts.front().model)));
                       case Verb::kStatistics:
                           return exchange->Respond(JsonAnswer(
                               200, JsonObject{{"model_stats",
                                                JsonArray{ModelStatistics(name, AddUp(hosts))}}}));
                       default:
                           return exchange->Respond(
                               JsonAnswer(200, ModelMetadata(name, hosts.front().model)));
                   }
               });
    }

    static net::Response NotReady(const EndpointRoute& route) {
        return ErrorAnswer(400, "Request for model '" + route.name +
                                    "' that is not ready: the endpoint's status is " +
                                    route.status);
    }

    void Infer(const std::string& model, Exchange exchange) {
        const core::SteadyTime arrived = options_.clock->Now();
        exchange->ReadBody(options_.max_body, [self = shared_from_this(), exchange, model,
                                               arrived](core::Result<std::string> body) {
            if (!body) {
                const bool large = body.error().code == core::Code::kResourceExhausted;
                return exchange->Respond(ErrorAnswer(large ? 413 : 400, body.error().message));
            }
            self->Unpack(exchange, model, arrived, std::move(*body));
        });
    }

    void Unpack(const Exchange& exchange, const std::string& model, core::SteadyTime arrived,
                std::string body) {
        const std::string_view coding = exchange->Head().headers.Get("Content-Encoding");
        if (coding.empty() || net::EqualsIgnoreCase(coding, "identity")) {
            return Predict(exchange, model, arrived, std::move(body));
        }
        const bool gzip = net::EqualsIgnoreCase(coding, "gzip");
        if (!gzip && !net::EqualsIgnoreCase(coding, "deflate")) {
            return exchange->Respond(ErrorAnswer(
                415, "Content-Encoding must be gzip or deflate, not " + std::string(coding)));
        }
        const bool taken = options_.pool->TrySubmit(
            [self = shared_from_this(), exchange, model, arrived, gzip, packed = std::move(body)] {
                auto plain = gzip ? core::Gunzip(packed, self->options_.max_body)
                                  : core::Unzlib(packed, self->options_.max_body);
                if (!plain) {
                    return exchange->Respond(
                        ErrorAnswer(400, "the body cannot be unpacked: " + plain.error().message));
                }
                self->Predict(exchange, model, arrived, std::move(*plain));
            });
        if (!taken) exchange->Respond(ErrorAnswer(503, "too many packed bodies wait; try again"));
    }

    void Predict(const Exchange& exchange, const std::string& model, core::SteadyTime arrived,
                 std::string body) {
        const net::Headers& headers = exchange->Head().headers;
        const auto json_bytes = JsonBytesOf(headers, body.size());
        if (!json_bytes) return exchange->Respond(ErrorAnswer(json_bytes.error()));
        const auto deadline = DeadlineIn(headers);
        if (!deadline) return exchange->Respond(ErrorAnswer(deadline.error()));
        if (body.empty()) return exchange->Respond(ErrorAnswer(400, "the request has no body"));
        options_.router->Predict(
            std::make_shared<V2Inference>(V2Inference::Question{.exchange = exchange,
                                                                .endpoint = model,
                                                                .body = std::move(body),
                                                                .json_bytes = *json_bytes,
                                                                .deadline_us = *deadline,
                                                                .arrived = arrived},
                                          *options_.pool));
    }

    void AllStatistics(Exchange exchange) {
        std::vector<Route> routes;
        for (const auto& [name, route] : *options_.router->Routes()) {
            if (IsReady(*route)) routes.push_back(route);
        }
        SurveyAll(
            *options_.loop, routes,
            [exchange = std::move(exchange)](
                const std::map<std::string, std::vector<HostStatus>>& models) {
                JsonArray all;
                for (const auto& [name, hosts] : models) {
                    all.push_back(ModelStatistics(name, AddUp(hosts)));
                }
                exchange->Respond(JsonAnswer(200, JsonObject{{"model_stats", std::move(all)}}));
            });
    }

    void Index(Exchange exchange) {
        exchange->ReadBody(kMostQuestion, [self = shared_from_this(),
                                           exchange](const core::Result<std::string>& body) {
            if (!body) return exchange->Respond(ErrorAnswer(body.error()));
            bool ready_only = false;
            if (!body->empty()) {
                const auto json = core::ParseJson(*body);
                if (!json) return exchange->Respond(ErrorAnswer(json.error()));
                ready_only = core::JsonBool(*json, "ready").value_or(false);
            }
            std::map<std::string, Route> sorted;
            for (const auto& [name, route] : *self->options_.router->Routes()) {
                sorted.emplace(name, route);
            }
            JsonArray index;
            for (const auto& [name, route] : sorted) {
                if (!ready_only || IsReady(*route)) index.push_back(IndexEntry(*route));
            }
            exchange->Respond(JsonAnswer(200, index));
        });
    }

    /// A load that brings a configuration or files is refused: it would not be what was asked for.
    void Load(const V2Path& path, Exchange exchange) {
        exchange->ReadBody(options_.max_body, [self = shared_from_this(), path,
                                               exchange](const core::Result<std::string>& body) {
            if (!body) return exchange->Respond(ErrorAnswer(body.error()));
            const auto json = core::ParseJson(body->empty() ? "{}" : *body);
            if (!json) return exchange->Respond(ErrorAnswer(json.error()));
            const Json* more = core::JsonFind(*json, "parameters");
            if (more != nullptr && more->is_object() && !more->get_object().empty()) {
                return exchange->Respond(ErrorAnswer(
                    400, "failed to load '" + path.model +
                             "': the parameters 'config' and 'file:…' are not taken; CreateModel "
                             "and UpdateEndpoint change what an endpoint serves"));
            }
            self->Repository(path, exchange);
        });
    }

    /// Unloading is answered when no more requests are taken; loading when a host is up, or cannot
    /// be.
    void Repository(const V2Path& path, Exchange exchange) {
        const bool load = path.verb == Verb::kLoad;
        const bool taken = options_.pool->TrySubmit([self = shared_from_this(), load,
                                                     model = path.model, exchange] {
            catalog::Catalog& catalog = *self->options_.catalog;
            const core::Status done = load ? kserve::Load(catalog, model) : Unload(catalog, model);
            if (!done) {
                const bool unknown = done.error().code == core::Code::kNotFound;
                return exchange->Respond(ErrorAnswer(
                    400, "failed to " + std::string(load ? "load" : "unload") + " '" + model +
                             "': " +
                             (unknown ? "no endpoint of that name; CreateEndpoint makes one"
                                      : done.error().message)));
            }
            load ? self->AwaitReady(model, exchange, kMostLooks)
                 : self->AwaitNotReady(model, exchange, kMostLooks);
        });
        if (!taken) exchange->Respond(ErrorAnswer(503, "too many loads wait; try again"));
    }

    void AwaitReady(const std::string& model, const Exchange& exchange, int looks) {
        const Route route = Find(model);
        if (route != nullptr && IsReady(*route)) {
            return exchange->Respond({.status = 200, .headers = {}, .body = {}});
        }
        const bool hopeful =
            route != nullptr &&
            (route->in_service || route->status == "Updating" || route->status == kUnloadedStatus);
        if (looks == 0 || !hopeful) {
            return exchange->Respond(ErrorAnswer(
                400, "failed to load '" + model + "': " +
                         (route == nullptr ? "the endpoint is gone"
                                           : "the endpoint's status is " + route->status)));
        }
        options_.loop->RunAfter(kBetweenLooks, [self = shared_from_this(), model, exchange, looks] {
            self->AwaitReady(model, exchange, looks - 1);
        });
    }

    /// It is noted for good; the routes follow.
    void AwaitNotReady(const std::string& model, const Exchange& exchange, int looks) {
        const Route route = Find(model);
        if (looks == 0 || route == nullptr || !IsReady(*route)) {
            return exchange->Respond({.status = 200, .headers = {}, .body = {}});
        }
        options_.loop->RunAfter(kBetweenLooks, [self = shared_from_this(), model, exchange, looks] {
            self->AwaitNotReady(model, exchange, looks - 1);
        });
    }

    const V2DoorOptions options_;
    core::Guarded<core::LogLevel> level_;
};

}  // namespace

net::Handler MakeV2Door(V2DoorOptions options, net::Handler next) {
    auto door = std::make_shared<Door>(std::move(options));
    return [door = std::move(door), next = std::move(next)](Exchange exchange) {
        const net::RequestHead& head = exchange->Head();
        if (head.path.starts_with("/v2") && head.subdomain.empty() &&
            !head.headers.Get("Authorization").starts_with("AWS")) {
            if (const auto path = ParseV2Path(head.path)) {
                return door->Handle(*path, std::move(exchange));
            }
        }
        next(std::move(exchange));
    };
}

}  // namespace gyre::serving::kserve
