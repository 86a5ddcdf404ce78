#include <chrono>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "core/guarded.h"
#include "core/log.h"
#include "core/worker_pool.h"
#include "jobs/controller.h"
#include "jobs/detail/reconcile_queue.h"
#include "jobs/leases.h"

namespace gyre::jobs {
namespace {

using detail::ReconcileQueue;
using RealTime = std::chrono::steady_clock;

constexpr int kResyncPage = 1000;

}  // namespace

struct ControllerRunner::Impl {
    struct State {
        ReconcileQueue queue{{}, [random = std::minstd_rand(std::random_device{}())]() mutable {
                                 return std::uniform_real_distribution<double>(0, 1)(random);
                             }};
        bool stopping = false;
    };

    catalog::Catalog& catalog;
    const core::Clock& clock;
    const int thread_count;
    Leases* const leases;
    std::map<catalog::Kind, Controller*> controllers;  // read-only after Start
    core::Guarded<State> state;
    std::shared_ptr<void> subscription;
    std::shared_ptr<void> watching;
    std::vector<std::jthread> threads;

    void Wake(const catalog::Kind& kind, const std::string& name) {
        if (!controllers.contains(kind)) return;
        state.Lock()->queue.Wake({kind, name}, clock.Now());
        state.NotifyOne();
    }

    core::Status Resync(const catalog::Kind& kind) {
        catalog::ListQuery query{
            .kind = kind, .sort_by = catalog::ListQuery::SortBy::kName, .limit = kResyncPage};
        do {
            GYRE_ASSIGN(const auto page, catalog.List(query));
            for (const auto& resource : page.resources) Wake(kind, resource.name);
            query.page_token = page.next_token;
        } while (!query.page_token.empty());
        return {};
    }

    /// Some leases may be had or are lost. The list comes after those that are known here, for it
    /// may not be had while the database is away.
    void LookAgain() {
        state.Lock()->queue.WakeAll(clock.Now());
        state.NotifyAll();
        for (const auto& [kind, controller] : controllers) {
            if (const auto done = Resync(kind); !done) {
                core::LogWarning("what another server drove is not known yet",
                                 {{"kind", kind}, {"error", done.error().ToString()}});
            }
        }
    }

    core::Result<std::optional<core::milliseconds>> Step(const ReconcileQueue::Key& key) {
        Controller& controller = *controllers.at(key.kind);
        if (leases == nullptr) return controller.Reconcile(key.name);
        GYRE_ASSIGN(const bool settled, controller.Settled(key.name));
        if (settled) {
            leases->Release(key.kind, key.name);
            return controller.Reconcile(key.name);
        }
        GYRE_ASSIGN(const bool drives, leases->Hold(key.kind, key.name));
        if (!drives) return controller.Follow(key.name);
        GYRE_ASSIGN(const auto again, controller.Reconcile(key.name));
        // Whoever hears first of its next change may have it.
        if (!again) leases->Release(key.kind, key.name);
        return again;
    }

    /// Waits for a name that is due; nullopt when the runner stops.
    std::optional<ReconcileQueue::Key> WaitForWork() {
        auto locked = state.Lock();
        while (!locked->stopping) {
            const core::SteadyTime now = clock.Now();
            if (auto key = locked->queue.Take(now)) {
                // Somebody else is to look out for what is due next.
                if (locked->queue.NextDue()) state.NotifyOne();
                return key;
            }
            const auto due = locked->queue.NextDue();
            const auto until = due ? RealTime::now() + (*due - now) : RealTime::time_point::max();
            locked.WaitUntil(until, [&] {
                const auto next = locked->queue.NextDue();
                const bool sooner = next && (!due || *next < *due);
                return locked->stopping || sooner || (next && *next <= clock.Now());
            });
        }
        return std::nullopt;
    }

    void Work() {
        core::SetThreadName("controller");
        while (const auto key = WaitForWork()) {
            const auto outcome = Step(*key);
            core::milliseconds delay{};
            {
                auto locked = state.Lock();
                if (outcome) {
                    locked->queue.Succeeded(*key, clock.Now(), *outcome);
                } else {
                    delay = locked->queue.Failed(*key, clock.Now());
                }
            }
            if (!outcome) {
                core::LogWarning("step failed", {{"kind", key->kind},
                                                 {"name", key->name},
                                                 {"error", outcome.error().ToString()},
                                                 {"again_in_ms", std::to_string(delay.count())}});
            }
        }
    }
};

ControllerRunner::ControllerRunner(catalog::Catalog& catalog, const core::Clock& clock, int threads,
                                   Leases* leases)
    : impl_(std::make_unique<Impl>(catalog, clock, threads, leases)) {
}

ControllerRunner::~ControllerRunner() {
    Stop();
}

void ControllerRunner::Register(Controller& controller) {
    GYRE_CHECK(impl_->threads.empty());
    const bool added = impl_->controllers.emplace(controller.Kind(), &controller).second;
    GYRE_CHECK(added);
}

core::Status ControllerRunner::Start() {
    GYRE_CHECK(impl_->threads.empty());
    // First the subscription, then the list: what changes between them is woken twice, not never.
    impl_->subscription =
        impl_->catalog.Subscribe([impl = impl_.get()](const catalog::Change& change) {
            impl->Wake(change.kind, change.name);
        });
    if (impl_->leases != nullptr) {
        impl_->watching = impl_->leases->Watch(
            [impl = impl_.get()](const std::vector<std::string>&) { impl->LookAgain(); });
    }
    for (const auto& [kind, controller] : impl_->controllers) GYRE_TRY(impl_->Resync(kind));
    for (int i = 0; i < impl_->thread_count; ++i) {
        impl_->threads.emplace_back([impl = impl_.get()] { impl->Work(); });
    }
    return {};
}

void ControllerRunner::Wake(const catalog::Kind& kind, const std::string& name) {
    impl_->Wake(kind, name);
}

void ControllerRunner::Stop() {
    impl_->subscription.reset();
    impl_->watching.reset();
    impl_->state.Lock()->stopping = true;
    impl_->state.NotifyAll();
    impl_->threads.clear();
}

}  // namespace gyre::jobs
