#pragma once

#include <string>

#include "core/json.h"
#include "jobs/log_store.h"

namespace gyre::jobs {

/// SNS's place here: a topic is the log group "/gyre/topics/NAME", a message a line of its stream
/// "messages", which any client of CloudWatch Logs reads or follows. Thread-safe.
class TopicLog {
  public:
    /// `logs` outlives it.
    explicit TopicLog(LogStore& logs) : logs_(logs) {}

    /// NAME is the last part of the topic's ARN.
    void Publish(const std::string& topic_arn, const core::Json& message) {
        const std::string name = topic_arn.substr(topic_arn.rfind(':') + 1);
        logs_.Append("/gyre/topics/" + name, "messages", core::JsonText(message));
    }

  private:
    LogStore& logs_;
};

}  // namespace gyre::jobs
