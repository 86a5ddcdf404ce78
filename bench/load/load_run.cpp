#include "load/load_run.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace gyre::load {
namespace {

using Nanoseconds = std::chrono::nanoseconds;

constexpr size_t kEventsAtOnce = 256;
constexpr Nanoseconds kConnectAgainAfter = std::chrono::milliseconds(20);
// Each is 8 bytes; a run never asks for more.
constexpr size_t kMaxWaiting = 1'000'000;

core::SteadyTime Now() {
    return core::SystemClock().Now();
}

double CpuSeconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

core::Result<std::unique_ptr<LoadRun>> LoadRun::Make(const LoadOptions& options) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options.port);
    if (inet_pton(AF_INET, options.address.c_str(), &address.sin_addr) != 1 ||
        (ntohl(address.sin_addr.s_addr) >> 24) != 127) {
        return core::Fail(core::Code::kInvalidArgument,
                          "load goes to IPv4 loopback only, not to " + options.address);
    }
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) return core::Fail(core::ErrnoError("epoll_create1", errno));
    prctl(PR_SET_TIMERSLACK, 1);  // arrivals at their own time, not up to 50 µs later
    return std::unique_ptr<LoadRun>(new LoadRun(options, epoll, address));
}

LoadRun::LoadRun(const LoadOptions& options, int epoll, sockaddr_in address)
    : options_(options),
      epoll_(epoll),
      address_(address),
      requests_(options, core::SystemClock().WallNow()),
      tally_(options),
      clients_(options.rate > 0 ? options.max_connections : options.clients),
      random_(options.seed) {
}

LoadRun::~LoadRun() {
    close(epoll_);
}

core::Status LoadRun::Connect(size_t client) {
    GYRE_ASSIGN(Connection connection, Connection::Open(address_));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = client;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.Descriptor(), &event) != 0) {
        return core::Fail(core::ErrnoError("epoll_ctl", errno));
    }
    clients_[client].connection.emplace(std::move(connection));
    return {};
}

bool LoadRun::InWindow(core::SteadyTime intended, core::SteadyTime now) const {
    const core::SteadyTime counted = options_.rate > 0 ? intended : now;
    return counted >= window_begin_ && counted < window_end_;
}

size_t LoadRun::InFlight() const {
    return static_cast<size_t>(std::count_if(clients_.begin(), clients_.end(), [](const auto& c) {
        return c.connection && c.connection->Busy();
    }));
}

uint64_t LoadRun::Unanswered() const {
    const auto meant = [this](core::SteadyTime intended) {
        return intended >= window_begin_ && intended < window_end_;
    };
    const auto busy = std::count_if(clients_.begin(), clients_.end(), [&](const Client& c) {
        return c.connection && c.connection->Busy() && meant(c.intended);
    });
    return static_cast<uint64_t>(busy + std::count_if(waiting_.begin(), waiting_.end(), meant));
}

void LoadRun::Begin(size_t client, core::SteadyTime intended, core::SteadyTime now) {
    Client& self = clients_[client];
    self.body = next_body_;
    next_body_ = (next_body_ + 1) % requests_.Count();
    self.intended = intended;
    if (options_.rate > 0 && InWindow(intended, now)) tally_.Sent(now - intended);
    if (!self.connection) {
        if (auto made = Connect(client); !made) return Lose(client, made.error());
    }
    auto sent = self.connection->Send(requests_.Head(self.body), requests_.Body(self.body));
    if (!sent) Lose(client, sent.error());
}

void LoadRun::Lose(size_t client, const core::Error& error) {
    Client& self = clients_[client];
    const bool busy = !self.connection || self.connection->Busy();
    if (busy && InWindow(self.intended, Now())) tally_.Broke(error);
    self.connection.reset();
    if (options_.rate <= 0) {
        lost_.push_back(client);
    } else if (busy) {
        idle_.push_back(client);  // an idle one is on the list already
    }
}

void LoadRun::Finished(size_t client, core::SteadyTime now) {
    if (options_.rate <= 0) {
        if (now < window_end_) Begin(client, now, now);
        return;
    }
    if (waiting_.empty()) {
        idle_.push_back(client);
        return;
    }
    const core::SteadyTime intended = waiting_.front();
    waiting_.pop_front();
    Begin(client, intended, now);
}

void LoadRun::HandleEvent(size_t client) {
    Client& self = clients_[client];
    if (!self.connection) return;
    const auto answer = self.connection->Pump();
    if (!answer) return Lose(client, answer.error());
    if (answer->size == 0) return;
    const core::SteadyTime now = Now();
    tally_.Answered(self.body, *answer, now - self.intended, InWindow(self.intended, now));
    if (answer->close) self.connection.reset();
    Finished(client, now);
}

void LoadRun::Arrivals(core::SteadyTime now) {
    std::exponential_distribution<double> gap(options_.rate);
    while (next_arrival_ <= now && next_arrival_ < window_end_) {
        const core::SteadyTime intended = next_arrival_;
        next_arrival_ += Nanoseconds(static_cast<int64_t>(gap(random_) * 1e9));
        if (idle_.empty()) {
            if (waiting_.size() < kMaxWaiting) {
                waiting_.push_back(intended);
            } else if (InWindow(intended, now)) {
                tally_.Unanswered(1);
            }
            continue;
        }
        const size_t client = idle_.back();
        idle_.pop_back();
        Begin(client, intended, now);
    }
}

void LoadRun::PumpEvents(core::SteadyTime until) {
    std::array<epoll_event, kEventsAtOnce> events;
    const auto left = std::max(Nanoseconds(0), Nanoseconds(until - Now()));
    timespec timeout{};
    timeout.tv_sec = left.count() / 1'000'000'000;
    timeout.tv_nsec = left.count() % 1'000'000'000;
    const int count = epoll_pwait2(epoll_, events.data(), kEventsAtOnce, &timeout, nullptr);
    for (int i = 0; i < count; i++) HandleEvent(events[static_cast<size_t>(i)].data.u64);
}

core::Result<core::JsonObject> LoadRun::Run() {
    const core::SteadyTime begin = Now();
    window_begin_ = begin + options_.warm_up;
    window_end_ = window_begin_ + options_.duration;
    next_arrival_ = begin;
    double cpu = 0;
    bool in_window = false;
    if (options_.rate > 0) {
        for (size_t i = clients_.size(); i-- > 0;) idle_.push_back(i);
    } else {
        for (size_t i = 0; i < clients_.size(); i++) Begin(i, begin, begin);
    }
    core::SteadyTime now = begin;
    for (; now < window_end_; now = Now()) {
        requests_.Refresh(core::SystemClock().WallNow());
        if (!in_window && now >= window_begin_) {
            in_window = true;
            cpu = CpuSeconds();
        }
        core::SteadyTime until = in_window ? window_end_ : window_begin_;
        if (options_.rate > 0) {
            Arrivals(now);
            until = std::min(until, next_arrival_);
        }
        if (!lost_.empty()) until = std::min(until, now + kConnectAgainAfter);
        PumpEvents(until);
        if (lost_.size() == clients_.size() &&
            Now() - begin > options_.warm_up + kConnectAgainAfter) {
            return core::Fail(core::Code::kUnavailable, "the server takes no connection");
        }
        for (const size_t client : std::exchange(lost_, {})) Begin(client, Now(), Now());
    }
    cpu = CpuSeconds() - cpu;
    if (options_.rate > 0) {
        while (Now() < window_end_ + options_.drain && InFlight() > 0) {
            PumpEvents(window_end_ + options_.drain);
        }
        tally_.Unanswered(Unanswered());
    }
    const double seconds = std::chrono::duration<double>(options_.duration).count();
    core::JsonObject report = tally_.Report(seconds);
    report["generator_cpu_share"] =
        cpu / std::chrono::duration<double>(now - window_begin_).count();
    return report;
}

}  // namespace gyre::load
