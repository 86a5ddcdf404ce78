#include "db/detail/postgres_listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "core/log.h"

namespace gyre::db::detail {
namespace {

constexpr int kPauseMilliseconds = 500;  // between attempts to connect
// Asking now and then finds a connection that broke without a word.
constexpr int kProbeMilliseconds = 10'000;

}  // namespace

core::Result<ConnectionHandle> PostgresListener::Connect(const std::string& where) {
    GYRE_ASSIGN(ConnectionHandle handle, ConnectTo(where));
    PGresult* const answer =
        PQexec(handle.get(), (std::string("LISTEN ") + kNotifyChannel).c_str());
    const bool listening = PQresultStatus(answer) == PGRES_COMMAND_OK;
    PQclear(answer);
    if (listening) return handle;
    return core::Fail(core::Code::kUnavailable, "PostgreSQL: LISTEN failed");
}

core::Result<std::unique_ptr<PostgresListener>> PostgresListener::Start(std::string where,
                                                                        std::string own) {
    GYRE_ASSIGN(ConnectionHandle handle, Connect(where));
    const int wake = eventfd(0, EFD_CLOEXEC);
    if (wake < 0) return core::Fail(core::ErrnoError("eventfd", errno));
    return std::unique_ptr<PostgresListener>(
        new PostgresListener(std::move(where), std::move(own), std::move(handle), wake));
}

PostgresListener::PostgresListener(std::string where, std::string own, ConnectionHandle handle,
                                   int wake)
    : where_(std::move(where)), own_(std::move(own)), handle_(std::move(handle)), wake_(wake) {
    thread_ = std::thread([this] { Run(); });
}

PostgresListener::~PostgresListener() {
    const uint64_t one = 1;
    const ssize_t written = ::write(wake_, &one, sizeof one);
    GYRE_CHECK(written == sizeof one);
    thread_.join();
    ::close(wake_);
}

std::shared_ptr<void> PostgresListener::Listen(std::string channel, Listener listener) {
    auto subscription = std::make_shared<Subscription>();
    subscription->channel = std::move(channel);
    subscription->listener = std::move(listener);
    {
        auto subscriptions = subscriptions_.Lock();
        std::erase_if(*subscriptions, [](const auto& other) { return other.expired(); });
        subscriptions->push_back(subscription);
    }
    Subscription* const ended = subscription.get();
    return {ended, [subscription = std::move(subscription)](void*) {
                const std::lock_guard lock(subscription->calling);
                subscription->listener = nullptr;
            }};
}

void PostgresListener::Run() {
    bool missed = false;
    while (true) {
        if (handle_ == nullptr) {
            auto connected = Connect(where_);
            if (!connected) {
                if (Pause()) return;
                continue;
            }
            handle_ = std::move(*connected);
            core::LogInfo("PostgreSQL is heard again");
        }
        // Only now: what is announced from here on is heard.
        if (missed) Tell(std::nullopt, std::nullopt);
        if (!Hear()) return;
        core::LogWarning("the connection on which PostgreSQL tells of changes broke");
        handle_ = nullptr;
        missed = true;
        if (Pause()) return;
    }
}

bool PostgresListener::Pause() {
    pollfd stop{.fd = wake_, .events = POLLIN, .revents = 0};
    return ::poll(&stop, 1, kPauseMilliseconds) > 0;
}

bool PostgresListener::Hear() {
    while (true) {
        while (PGnotify* const notice = PQnotifies(handle_.get())) {
            const std::string payload(notice->extra);
            PQfreemem(notice);
            Take(payload);
        }
        pollfd waited[2] = {{.fd = PQsocket(handle_.get()), .events = POLLIN, .revents = 0},
                            {.fd = wake_, .events = POLLIN, .revents = 0}};
        const int ready = ::poll(waited, 2, kProbeMilliseconds);
        if (ready < 0 && errno != EINTR) return true;
        if (waited[1].revents != 0) return false;
        if (ready == 0) {
            PGresult* const answer = PQexec(handle_.get(), "SELECT 1");
            const bool there = PQresultStatus(answer) == PGRES_TUPLES_OK;
            PQclear(answer);
            if (!there) return true;
        }
        if (PQconsumeInput(handle_.get()) == 0) return true;
    }
}

void PostgresListener::Take(std::string_view payload) {
    const size_t sender = payload.find(' ');
    const size_t channel = payload.find(' ', sender + 1);
    if (sender == payload.npos || channel == payload.npos) return;
    if (payload.substr(0, sender) == own_) return;
    Tell(payload.substr(sender + 1, channel - sender - 1),
         std::string(payload.substr(channel + 1)));
}

void PostgresListener::Tell(std::optional<std::string_view> channel,
                            const std::optional<std::string>& message) {
    const auto subscriptions = *subscriptions_.Lock();
    for (const auto& weak : subscriptions) {
        const auto subscription = weak.lock();
        if (!subscription || (channel && *channel != subscription->channel)) continue;
        const std::lock_guard lock(subscription->calling);
        if (subscription->listener) subscription->listener(message);
    }
}

}  // namespace gyre::db::detail
