#pragma once

#include "jobs/log_store.h"
#include "serving/async/notification.h"

namespace gyre::serving::async {

/// SNS's place here: a topic is the log group "/gyre/topics/NAME", a message a line of its stream
/// "messages", which any client of CloudWatch Logs reads or follows.
class LoggedTopics final : public TopicSink {
  public:
    explicit LoggedTopics(jobs::LogStore& logs) : logs_(logs) {}

    void Publish(const std::string& topic_arn, const core::Json& message) override {
        const std::string name = topic_arn.substr(topic_arn.rfind(':') + 1);
        logs_.Append("/gyre/topics/" + name, "messages", core::JsonText(message));
    }

  private:
    jobs::LogStore& logs_;
};

}  // namespace gyre::serving::async
