#pragma once

#include <string>
#include <utility>

#include "jobs/topic_log.h"
#include "objects/object_store.h"

namespace gyre::server {

/// Events of objects as messages of the topics, queues, functions and the event bus that the
/// buckets' notification configurations name.
class TopicEvents final : public objects::EventSink {
  public:
    /// `topics` outlives it.
    TopicEvents(jobs::TopicLog& topics, std::string region, std::string account)
        : topics_(topics), region_(std::move(region)), account_(std::move(account)) {}
    void OnEvent(const Event& event) override;

  private:
    jobs::TopicLog& topics_;
    const std::string region_;
    const std::string account_;
};

}  // namespace gyre::server
