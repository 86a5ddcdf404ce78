#include "graph/door/gremlin_socket.h"

#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "core/guarded.h"
#include "graph/door/neptune_error.h"
#include "net/websocket.h"

namespace gyre::graph::door {
namespace {

using format::Mime;

constexpr size_t kMaxSessions = 16;  // of one connection

/// One client's connection. Messages come on an io thread and are worked off by one pool task at a
/// time.
class Socket : public std::enable_shared_from_this<Socket> {
  public:
    Socket(const SocketOptions& options, const gremlin::Permissions& permissions)
        : options_(options), permissions_(permissions) {}

    void Take(const std::shared_ptr<net::WebSocket>& line, std::string message, bool binary) {
        bool begin = false;
        {
            auto state = state_.Lock();
            state->waiting.push_back({std::move(message), binary});
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
        if (!state->working) sessions_.clear();  // rolled back; else by whoever works
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
        std::string bytes;
        bool binary = false;
    };
    struct State {
        std::deque<Message> waiting;
        bool working = false;
        bool paused = false;
        bool closed = false;
        std::optional<core::CancelToken> running;
    };

    void Continue(const std::shared_ptr<net::WebSocket>& line) {
        const bool taken =
            options_.pool->TrySubmit([self = shared_from_this(), line] { self->Work(line); });
        if (!taken) line->Close(1013, "too many requests are waiting");
    }

    /// A few messages, then others have their turn.
    void Work(const std::shared_ptr<net::WebSocket>& line) {
        for (int turns = 0; turns < 16; ++turns) {
            Message message;
            {
                auto state = state_.Lock();
                if (state->closed) sessions_.clear();
                if (state->waiting.empty() || state->closed) {
                    state->working = false;
                    return;
                }
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
        std::string_view payload = message.bytes;
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
            return Fail(line, mime, binary, Uuid(), request.error(), 498);
        }
        if (request->op == "close") {
            sessions_.erase(SessionOf(*request));
            return Say(line, mime, binary, request->id, 204);
        }
        if (request->op == "authentication") return Say(line, mime, binary, request->id, 200);
        if (request->op != "eval" && request->op != "bytecode") {
            return Fail(line, mime, binary, request->id,
                        core::Error(core::Code::kInvalidArgument, "BadRequestException",
                                    "the op '" + request->op + "' is not known"),
                        498);
        }
        auto query = ReadQuery(*request);
        if (!query) return Fail(line, mime, binary, request->id, query.error(), 499);
        query->permissions = permissions_;
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
        Run(line, mime, binary, request->id, *query, session);
    }

    static std::string SessionOf(const format::Request& request) {
        const Value* name = request.arguments.Find(Value("session"));
        return name == nullptr ? "" : DisplayText(*name);
    }

    void Run(net::WebSocket& line, Mime mime, bool binary, const Uuid& id,
             const GremlinQuery& query, Session* session) {
        QueryLog& log = *options_.service.log;
        core::CancelToken cancel = log.Accept(query.id, QueryText(query));
        log.Begin(query.id);
        {
            auto state = state_.Lock();
            state->running = cancel;
            if (state->closed) cancel.Cancel();
        }
        const auto status =
            Answer(options_.service, query, mime, cancel, session,
                   [&](std::string items, size_t count, bool last) {
                       format::Response response;
                       response.id = id;
                       response.code = !last ? 206 : count == 0 ? 204 : 200;
                       return line.Send(format::WrapResponse(mime, response, items, count), binary);
                   });
        log.End(query.id);
        state_.Lock()->running.reset();
        if (!status) Fail(line, mime, binary, id, status.error(), 0);
    }

    void Say(net::WebSocket& line, Mime mime, bool binary, const Uuid& id, int code) {
        format::Response response;
        response.id = id;
        response.code = code;
        static_cast<void>(line.Send(format::WrapResponse(mime, response, "", 0), binary));
    }
    /// `code` 0: the error's own.
    void Fail(net::WebSocket& line, Mime mime, bool binary, const Uuid& id,
              const core::Error& error, int code) {
        const NeptuneError neptune = ToNeptune(error);
        format::Response response;
        response.id = id;
        response.code = code != 0 ? code : neptune.gremlin_status;
        response.message = neptune.Json(UuidText(id));
        response.attributes.Put(Value("exceptions"), MakeList({Value(neptune.code)}));
        response.attributes.Put(Value("stackTrace"), Value(neptune.code + ": " + neptune.message));
        static_cast<void>(line.Send(format::WrapResponse(mime, response, "", 0), binary));
    }

    const SocketOptions options_;
    const gremlin::Permissions permissions_;
    core::Guarded<State> state_;
    std::map<std::string, Session> sessions_;  ///< of whoever works
};

}  // namespace

void ServeSocket(net::Exchange& exchange, const SocketOptions& options,
                 const gremlin::Permissions& permissions) {
    auto socket = std::make_shared<Socket>(options, permissions);
    net::WebSocketHandler handler;
    handler.message = [socket](const std::shared_ptr<net::WebSocket>& line, std::string message,
                               bool binary) { socket->Take(line, std::move(message), binary); };
    handler.closed = [socket] { socket->Closed(); };
    handler.idle = [socket] { socket->Idle(); };
    net::AcceptWebSocket(exchange, {.max_message_bytes = options.max_message_bytes},
                         std::move(handler));
}

}  // namespace gyre::graph::door
