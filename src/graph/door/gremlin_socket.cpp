#include "graph/door/gremlin_socket.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "core/digest.h"
#include "core/guarded.h"
#include "core/json.h"
#include "graph/door/neptune_error.h"
#include "graph/exec/within_memory.h"
#include "net/websocket.h"

namespace gyre::graph::door {
namespace {

using format::Mime;

/// Clients that read only while they ask (gremlinpython) answer no ping in between; Neptune, too,
/// keeps a connection for 20 minutes without a word.
constexpr int kMostPings = 20;
constexpr size_t kMaxSessions = 16;  // of one connection

/// One client's connection. Messages come on an io thread and are worked off by one pool task at a
/// time.
class Socket : public std::enable_shared_from_this<Socket> {
  public:
    Socket(const SocketOptions& options, const std::optional<gremlin::Permissions>& permissions)
        : options_(options), permissions_(permissions) {}

    void Take(const std::shared_ptr<net::WebSocket>& line, std::string message, bool binary) {
        Message next{std::make_shared<const std::string>(std::move(message)), binary, nullptr};
        next.query = std::make_shared<QueryLog::Query>(
            *options_.service.log, QueryLanguage::kGremlin,
            [bytes = next.bytes, binary] { return Shown(*bytes, binary); });
        bool begin = false;
        {
            auto state = state_.Lock();
            state->waiting.push_back(std::move(next));
            if (state->waiting.size() >= options_.max_in_flight) {
                state->paused = true;
                line->Pause();
            }
            begin = !std::exchange(state->working, true);
        }
        if (begin) Continue(line);
    }
    void Closed() {
        auto state = state_.Lock();
        state->closed = true;
        state->waiting.clear();
        if (state->running) state->running->Cancel();
        if (!state->working) Forget();  // else whoever works does
    }

    /// A transaction that nobody goes on with must not keep others from writing.
    void Idle() {
        auto state = state_.Lock();
        if (state->working) return;
        for (auto& [name, session] : sessions_) {
            if (session.Writes()) session.Expire();
        }
    }

  private:
    struct Message {
        std::shared_ptr<const std::string> bytes;
        bool binary = false;
        std::shared_ptr<QueryLog::Query> query;  ///< where it is one
    };
    struct State {
        std::deque<Message> waiting;
        bool working = false;
        bool paused = false;
        bool closed = false;
        std::optional<core::CancelToken> running;
    };

    void Continue(const std::shared_ptr<net::WebSocket>& line) {
        const bool writes = Writes();
        core::WorkerPool& pool = writes ? *options_.writers : *options_.pool;
        const bool taken =
            pool.TrySubmit([self = shared_from_this(), line, writes] { self->Work(line, writes); });
        if (!taken) line->Close(1013, "too many requests are waiting");
    }
    /// For whoever works. What sessions have written is rolled back.
    void Forget() {
        sessions_.clear();
        saved_.reset();
    }
    [[nodiscard]] bool Writes() const {
        return std::ranges::any_of(sessions_, [](const auto& one) { return one.second.Writes(); });
    }

    /// A few messages, then others have their turn. `writes`: in the pool of those who write, which
    /// is left with the turn to write.
    void Work(const std::shared_ptr<net::WebSocket>& line, bool writes) {
        for (int turns = 0; turns < 16; ++turns) {
            Message message;
            {
                auto state = state_.Lock();
                if (state->closed) Forget();
                if (state->waiting.empty() || state->closed) {
                    state->working = false;
                    return;
                }
                if (writes && !Writes()) break;
                message = std::move(state->waiting.front());
                state->waiting.pop_front();
                if (state->paused && state->waiting.size() < options_.max_in_flight / 2) {
                    state->paused = false;
                    line->Resume();
                }
            }
            Handle(*line, message);
        }
        Continue(line);
    }

    void Handle(net::WebSocket& line, const Message& message) {
        Mime mime = Mime::kGraphSon3;
        std::string_view payload = *message.bytes;
        if (message.binary) {
            if (payload.empty() || payload.size() < 1U + static_cast<uint8_t>(payload[0])) {
                return line.Close(1002, "a message begins with its mime type");
            }
            const size_t size = static_cast<uint8_t>(payload[0]);
            if (!format::ParseMime(payload.substr(1, size), mime)) {
                return line.Close(1003,
                                  "unknown mime type " + std::string(payload.substr(1, size)));
            }
            payload.remove_prefix(1 + size);
        }
        const bool binary = mime == Mime::kGraphBinary || mime == Mime::kGraphBinaryStrings;
        auto request = format::ReadRequest(mime, payload);
        if (!request) {
            return Fail(line, mime, binary, IdOf(mime, payload), request.error(), 498);
        }
        if (request->op == "close") {
            sessions_.erase(SessionOf(*request));
            return Say(line, mime, binary, request->id, 204);
        }
        if (request->op == "authentication") return Authenticate(line, mime, binary, *request);
        if (!permissions_) {
            saved_ = message;
            return Say(line, mime, binary, request->id, 407);
        }
        if (request->op != "eval" && request->op != "bytecode") {
            return Fail(line, mime, binary, request->id,
                        core::Error(core::Code::kInvalidArgument, "BadRequestException",
                                    "the op '" + request->op + "' is not known"),
                        498);
        }
        auto query = ReadQuery(*request);
        if (!query) return Fail(line, mime, binary, request->id, query.error(), 499);
        query->permissions = *permissions_;
        Session* session = nullptr;
        if (request->processor == "session") {
            const std::string name = SessionOf(*request);
            if (name.empty() || (sessions_.size() >= kMaxSessions && !sessions_.contains(name))) {
                return Fail(line, mime, binary, request->id,
                            core::Error(core::Code::kInvalidArgument, "InvalidParameterException",
                                        "a session has a name, and a connection at most " +
                                            std::to_string(kMaxSessions)),
                            499);
            }
            session = &sessions_[name];
        }
        Run(line, mime, binary, request->id, *query, session, *message.query);
    }

    /// SASL PLAIN: the base64 of NUL, the user's name, NUL, the password (RFC 4616).
    void Authenticate(net::WebSocket& line, Mime mime, bool binary,
                      const format::Request& request) {
        if (permissions_) return Say(line, mime, binary, request.id, 200);
        const Value* sasl = request.arguments.Find(Value("sasl"));
        const auto plain = core::Base64Decode(
            sasl != nullptr && sasl->Is<std::string>() ? sasl->As<std::string>() : "");
        const size_t user = plain ? plain->find('\0') : std::string::npos;
        const size_t password = user == std::string::npos ? user : plain->find('\0', user + 1);
        core::Result<gremlin::Permissions> permitted =
            core::Fail(core::Code::kUnauthenticated, "AccessDeniedException",
                       "expected SASL PLAIN: a user's name and a password");
        if (password != std::string::npos) {
            permitted = options_.authenticate(plain->substr(user + 1, password - user - 1),
                                              plain->substr(password + 1));
        }
        if (!permitted) {
            Fail(line, mime, binary, request.id, permitted.error(), 401);
            return line.Close(1008, "not authenticated");
        }
        permissions_ = *permitted;
        if (const auto saved = std::exchange(saved_, std::nullopt)) return Handle(line, *saved);
        Say(line, mime, binary, request.id, 200);
    }

    static std::string SessionOf(const format::Request& request) {
        const Value* name = request.arguments.Find(Value("session"));
        return name == nullptr ? "" : DisplayText(*name);
    }

    void Run(net::WebSocket& line, Mime mime, bool binary, const Uuid& id,
             const GremlinQuery& query, Session* session, QueryLog::Query& running) {
        core::CancelToken cancel = running.Cancel();
        {
            auto state = state_.Lock();
            state->running = cancel;
            if (state->closed) cancel.Cancel();
        }
        const auto take = [&](std::string items, size_t count, bool last) {
            format::Response response;
            response.id = id;
            response.code = !last ? 206 : count == 0 ? 204 : 200;
            return line.Send(format::WrapResponse(mime, response, items, count), binary);
        };
        const auto status = exec::WithinMemory([&]() -> core::Status {
            GYRE_TRY(running.Begin({query.id, QueryText(query)}));
            return Answer(options_.service, query, mime, cancel, session, take);
        });
        state_.Lock()->running.reset();
        if (!status) Fail(line, mime, binary, id, status.error(), 0, Plain(query));
    }
    /// Of a graph in TinkerGraph's rules, errors are told as Gremlin Server does: in words alone.
    [[nodiscard]] bool Plain(const GremlinQuery& query) const {
        const Graphs& graphs = *options_.service.graphs;
        // A script may name its source itself.
        const std::string named = query.script.substr(0, query.script.find('.'));
        auto store = named.empty() || named == "g" ? nullptr : graphs.Find(named);
        if (store == nullptr) store = graphs.Find(query.source);
        return store != nullptr && store->Mode() == GraphMode::kTinkerGraph;
    }
    /// What the status page shows of a message that waits; nullopt where it is no query.
    static std::optional<QueryLog::Shown> Shown(std::string_view payload, bool binary) {
        Mime mime = Mime::kGraphSon3;
        if (binary) {
            const size_t size = payload.empty() ? 0 : static_cast<uint8_t>(payload[0]);
            if (payload.size() <= size || !format::ParseMime(payload.substr(1, size), mime)) {
                return std::nullopt;
            }
            payload.remove_prefix(1 + size);
        }
        const auto request = format::ReadRequest(mime, payload);
        if (!request) return std::nullopt;
        const auto query = ReadQuery(*request);
        if (!query) return std::nullopt;
        return QueryLog::Shown{query->id, QueryText(*query)};
    }
    /// The id of a request that cannot be read, which its client waits for; zeros where there is
    /// none.
    static Uuid IdOf(Mime mime, std::string_view payload) {
        Uuid id;
        if (mime == Mime::kGraphBinary || mime == Mime::kGraphBinaryStrings) {
            if (payload.size() < 1 + id.bytes.size()) return id;
            std::copy_n(payload.begin() + 1, id.bytes.size(), id.bytes.begin());
            return id;
        }
        const auto json = core::ParseJson(payload, {.max_depth = 200});
        const core::Json* given = json ? core::JsonFind(*json, "requestId") : nullptr;
        if (given != nullptr && given->is_object()) given = core::JsonFind(*given, "@value");
        if (given != nullptr && given->is_string()) {
            static_cast<void>(ParseUuid(std::string_view(given->get_string()), id));
        }
        return id;
    }

    void Say(net::WebSocket& line, Mime mime, bool binary, const Uuid& id, int code) {
        format::Response response;
        response.id = id;
        response.code = code;
        static_cast<void>(line.Send(format::WrapResponse(mime, response, "", 0), binary));
    }
    /// `code` 0: the error's own.
    void Fail(net::WebSocket& line, Mime mime, bool binary, const Uuid& id,
              const core::Error& error, int code, bool plain = false) {
        const NeptuneError neptune = ToNeptune(error);
        format::Response response;
        response.id = id;
        response.code = code != 0 ? code : neptune.gremlin_status;
        response.message = plain ? neptune.message : neptune.Json(UuidText(id));
        response.attributes.Put(Value("exceptions"), MakeList({Value(neptune.code)}));
        response.attributes.Put(Value("stackTrace"), Value(neptune.code + ": " + neptune.message));
        static_cast<void>(line.Send(format::WrapResponse(mime, response, "", 0), binary));
    }

    const SocketOptions options_;
    std::optional<gremlin::Permissions> permissions_;  ///< of whoever works; none: not known yet
    std::optional<Message> saved_;                     ///< likewise: asked before that
    core::Guarded<State> state_;
    std::map<std::string, Session> sessions_;  ///< of whoever works
};

}  // namespace

void ServeSocket(net::Exchange& exchange, const SocketOptions& options,
                 const std::optional<gremlin::Permissions>& permissions) {
    auto socket = std::make_shared<Socket>(options, permissions);
    net::WebSocketHandler handler;
    handler.message = [socket](const std::shared_ptr<net::WebSocket>& line, std::string message,
                               bool binary) { socket->Take(line, std::move(message), binary); };
    handler.closed = [socket] { socket->Closed(); };
    handler.idle = [socket] { socket->Idle(); };
    net::AcceptWebSocket(exchange,
                         {.max_message_bytes = options.max_message_bytes, .pings = kMostPings},
                         std::move(handler));
}

}  // namespace gyre::graph::door
