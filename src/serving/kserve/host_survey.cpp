#include "serving/kserve/host_survey.h"

#include <atomic>

#include "core/guarded.h"

namespace gyre::serving::kserve {
namespace {

using Answers = std::map<std::string, std::vector<HostStatus>>;
using Done = std::function<void(const Answers&)>;

constexpr core::milliseconds kLongest{5'000};

/// Each host that was asked holds it; it is finished when the last lets it go, or too late.
class Gathering {
  public:
    explicit Gathering(Done done) : done_(std::move(done)) {}
    ~Gathering() { Finish(); }
    Gathering(const Gathering&) = delete;
    Gathering& operator=(const Gathering&) = delete;

    void Expect(const std::string& endpoint) { (*answers_.Lock())[endpoint]; }
    void Add(const std::string& endpoint, HostStatus status) {
        (*answers_.Lock())[endpoint].push_back(std::move(status));
    }
    void Finish() {
        if (finished_.exchange(true)) return;
        const Answers answers = *answers_.Lock();
        done_(answers);
    }

  private:
    core::Guarded<Answers> answers_;
    const Done done_;
    std::atomic<bool> finished_{false};
};

void Ask(HostLink& host, const std::string& endpoint, std::shared_ptr<Gathering> gathering) {
    host.Ask(HostFrame::kStatus,
             [endpoint, gathering = std::move(gathering)](const core::Result<net::Frame>& reply) {
                 if (!reply) return;
                 const auto json = core::ParseJson(reply->head);
                 if (!json) return;
                 auto status = HostStatus::FromJson(*json);
                 if (!status || status->state != HostStatus::State::kReady) return;
                 gathering->Add(endpoint, std::move(*status));
             });
}

}  // namespace

void SurveyAll(net::IoLoop& loop, const std::vector<std::shared_ptr<const EndpointRoute>>& routes,
               Done done) {
    const auto gathering = std::make_shared<Gathering>(std::move(done));
    loop.RunAfter(kLongest, [weak = std::weak_ptr(gathering)] {
        if (const auto late = weak.lock()) late->Finish();
    });
    for (const auto& route : routes) gathering->Expect(route->name);
    for (const auto& route : routes) {
        for (const VariantRoute& variant : route->variants) {
            for (const auto& host : variant.hosts) {
                if (host->Connected()) Ask(*host, route->name, gathering);
            }
        }
    }
}

void Survey(net::IoLoop& loop, const EndpointRoute& route,
            std::function<void(const std::vector<HostStatus>& hosts)> done) {
    SurveyAll(loop, {std::make_shared<const EndpointRoute>(route)},
              [name = route.name, done = std::move(done)](const Answers& answers) {
                  done(answers.at(name));
              });
}

RunStatistics AddUp(const std::vector<HostStatus>& hosts) {
    RunStatistics sum;
    for (const HostStatus& host : hosts) {
        const auto one = RunStatistics::FromJson(host.statistics);
        if (one) sum.Add(*one);
    }
    return sum;
}

}  // namespace gyre::serving::kserve
