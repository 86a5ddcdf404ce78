#include "engine/python/worker_group.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/log.h"
#include "core/worker_pool.h"

namespace gyre::engine::python {
namespace {

using core::Code;
using core::Error;
using core::Fail;
using core::milliseconds;
using core::SteadyTime;

constexpr milliseconds kFirstPause{200};
constexpr milliseconds kLongestPause{10'000};
constexpr core::seconds kTorchServesLongestPause{1'597};
constexpr int kHopeless = 4;  // ends in vain, from which on nobody waits for the next attempt
/// A load that takes longer hangs; the first one is bounded by who waits for the endpoint.
constexpr core::seconds kLongestLoad{1'800};

SteadyTime Now() {
    return core::SystemClock().Now();
}

}  // namespace

milliseconds RestartRules::Pause(int in_vain) const {
    if (in_vain <= 0) return milliseconds(0);
    if (!restart_for) {
        return std::min(kLongestPause, kFirstPause * (1 << std::min(in_vain - 1, 16)));
    }
    core::seconds pause(1);
    core::seconds next(1);
    for (int i = 1; i < in_vain && pause < kTorchServesLongestPause; i++) {
        pause = std::exchange(next, pause + next);
    }
    return pause;
}

bool RestartRules::GivesUp(milliseconds down_for) const {
    return restart_for && down_for >= *restart_for;
}

WorkerGroup::WorkerGroup(int count, RestartRules rules, Launcher launch)
    : rules_(rules),
      launch_(std::move(launch)),
      places_(Places(static_cast<size_t>(std::max(1, count)))),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
}

WorkerGroup::~WorkerGroup() {
    stopping_ = true;
    {
        auto places = places_.Lock();
        for (Place& place : *places) {
            if (place.worker && place.state == State::kStarting) place.worker->Kill();
        }
    }
    Wake();
    if (tender_.joinable()) tender_.join();
    places_.Lock()->clear();
    close(wake_);
}

core::Status WorkerGroup::Start(SteadyTime deadline) {
    // Nobody else knows the places before the tender starts, but for the destructor.
    Places places(places_.Lock()->size());
    for (size_t i = 0; i < places.size(); i++) {
        GYRE_ASSIGN(places[i].worker, launch_());
        if (i == 0) GYRE_TRY(places[i].worker->WaitUntilLoaded(deadline));
    }
    for (Place& place : places) {
        if (&place != &places[0]) GYRE_TRY(place.worker->WaitUntilLoaded(deadline));
        place.state = State::kIdle;
    }
    *places_.Lock() = std::move(places);
    tender_ = std::jthread([this] { Tend(); });
    return {};
}

core::Result<Worker*> WorkerGroup::Take(SteadyTime deadline) {
    auto places = places_.Lock();
    Place* idle = nullptr;
    bool hopeless = false;
    const auto ready = [&] {
        idle = nullptr;
        hopeless = true;
        for (Place& place : *places) {
            if (place.state == State::kIdle && place.worker->Ended()) {
                HasEnded(place, Error(Code::kUnavailable, "it was killed while it was idle"));
                Wake();
            }
            if (place.state == State::kIdle && idle == nullptr) idle = &place;
            const bool in_vain = place.state == State::kEnded && place.in_vain >= kHopeless;
            if (!in_vain && place.state != State::kGivenUp) hopeless = false;
        }
        return idle != nullptr || hopeless;
    };
    if (!places.WaitUntil(deadline, ready)) {
        return Fail(Code::kDeadlineExceeded, "no Python worker became free in time");
    }
    if (idle != nullptr) {
        idle->state = State::kBusy;
        return idle->worker.get();
    }
    return Fail(Hopeless(*places));
}

Error WorkerGroup::Hopeless(const Places& places) const {
    const auto next = std::ranges::min_element(places, {}, [](const Place& place) {
        return place.state == State::kGivenUp ? SteadyTime::max() : place.start_at;
    });
    if (next->state == State::kGivenUp) {
        return {Code::kUnavailable,
                "the model's Python workers did not come up again for " +
                    std::to_string(rules_.restart_for->count()) +
                    " s and are given up; the last: " + next->last_error.message};
    }
    Error error(Code::kUnavailable,
                "the model's Python workers end as often as they are started; the last: " +
                    next->last_error.message);
    const auto pause = std::chrono::ceil<core::seconds>(next->start_at - Now());
    error.details["Retry-After"] = std::to_string(std::max<int64_t>(1, pause.count()));
    return error;
}

void WorkerGroup::GiveBack(Worker* worker, bool works) {
    {
        auto places = places_.Lock();
        const auto place = std::find_if(places->begin(), places->end(),
                                        [&](const Place& p) { return p.worker.get() == worker; });
        GYRE_CHECK(place != places->end());
        if (works) {
            place->state = State::kIdle;
            place->in_vain = 0;
        } else {
            HasEnded(*place, Error(Code::kUnavailable, "it ended while it ran a batch"));
            Wake();
        }
    }
    places_.NotifyAll();
}

void WorkerGroup::HasEnded(Place& place, Error why) const {
    const SteadyTime now = Now();
    if (!place.down_since) place.down_since = now;
    place.state = State::kEnded;
    place.start_at = now + rules_.Pause(place.in_vain);
    place.in_vain++;
    place.last_error = std::move(why);
    const auto down_for = std::chrono::duration_cast<milliseconds>(now - *place.down_since);
    if (!rules_.GivesUp(down_for)) return;
    place.state = State::kGivenUp;
    core::LogError("a Python worker is given up: it did not come up again in time",
                   {{"reason", place.last_error.message}});
}

WorkerCounts WorkerGroup::Counts() const {
    WorkerCounts counts;
    for (const Place& place : *places_.Lock()) {
        if (place.state == State::kIdle || place.state == State::kBusy) counts.up++;
        if (place.state == State::kGivenUp) counts.given_up++;
    }
    return counts;
}

std::vector<pid_t> WorkerGroup::Pids() const {
    std::vector<pid_t> pids;
    for (const Place& place : *places_.Lock()) {
        if (place.state == State::kIdle || place.state == State::kBusy) {
            pids.push_back(place.worker->Pid());
        }
    }
    return pids;
}

core::Json WorkerGroup::Details() const {
    return places_.Lock()->front().worker->Details();
}

void WorkerGroup::Wake() const {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

void WorkerGroup::Tend() {
    core::SetThreadName("python-tender");
    while (!stopping_) {
        if (!RestartOne()) WaitForChange();
    }
}

bool WorkerGroup::RestartOne() {
    std::unique_ptr<Worker> ended;
    size_t index = 0;
    {
        auto places = places_.Lock();
        const SteadyTime now = Now();
        const auto due = std::find_if(places->begin(), places->end(), [&](const Place& place) {
            return place.state == State::kEnded && place.start_at <= now;
        });
        if (due == places->end()) return false;
        index = static_cast<size_t>(due - places->begin());
        ended = std::move(due->worker);
        due->state = State::kStarting;
    }
    ended.reset();
    restarts_++;
    auto started = launch_();
    core::Status loaded;
    if (started) {
        Worker* worker = started->get();
        {
            auto places = places_.Lock();
            (*places)[index].worker = std::move(*started);
            if (stopping_) worker->Kill();
        }
        loaded = worker->WaitUntilLoaded(Now() + kLongestLoad);
    } else {
        loaded = Fail(std::move(started.error()));
    }
    {
        auto places = places_.Lock();
        Place& place = (*places)[index];
        if (loaded) {
            place.state = State::kIdle;
            place.down_since.reset();
            if (rules_.restart_for) place.in_vain = 0;
        } else {
            if (!stopping_) {
                core::LogWarning("a Python worker does not start again",
                                 {{"reason", loaded.error().message}});
            }
            HasEnded(place, std::move(loaded.error()));
        }
    }
    places_.NotifyAll();
    return true;
}

void WorkerGroup::WaitForChange() {
    std::vector<pollfd> polled{{wake_, POLLIN, 0}};
    SteadyTime next = SteadyTime::max();
    {
        auto places = places_.Lock();
        for (Place& place : *places) {
            if (place.state == State::kEnded) next = std::min(next, place.start_at);
            // A busy one may become idle before it ends; of its end while busy, its user hears.
            const bool runs = place.state == State::kIdle || place.state == State::kBusy;
            if (runs && !place.worker->Ended()) {
                polled.push_back({place.worker->ExitDescriptor(), POLLIN, 0});
            }
        }
    }
    int timeout = -1;
    if (next != SteadyTime::max()) {
        timeout = static_cast<int>(
            std::max<int64_t>(0, std::chrono::ceil<milliseconds>(next - Now()).count()));
    }
    if (poll(polled.data(), polled.size(), timeout) <= 0) return;
    uint64_t ignored = 0;
    [[maybe_unused]] const ssize_t count = read(wake_, &ignored, sizeof ignored);
    bool changed = false;
    {
        auto places = places_.Lock();
        for (Place& place : *places) {
            if (place.state != State::kIdle || !place.worker->Ended()) continue;
            HasEnded(place, Error(Code::kUnavailable, "it was killed while it was idle"));
            changed = true;
        }
    }
    if (changed) places_.NotifyAll();
}

}  // namespace gyre::engine::python
