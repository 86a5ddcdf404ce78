#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "jobs/log_store.h"

namespace gyre::jobs {

/// The place of SNS here, and of what else AWS would send a message to: a topic is the log group
/// "/gyre/topics/NAME" (a queue "/gyre/queues/NAME", a function "/gyre/functions/NAME", a bus of
/// events "/gyre/buses/NAME"), a message a line of its stream "messages", which any client of
/// CloudWatch Logs reads or follows. Thread-safe.
class TopicLog {
  public:
    /// `logs` outlives it.
    explicit TopicLog(LogStore& logs) : logs_(logs) {}

    /// NAME is the last part of the ARN.
    void Publish(const std::string& arn, const core::Json& message) {
        const std::string name = arn.substr(arn.find_last_of(":/") + 1);
        logs_.Append("/gyre/" + KindOf(arn) + "/" + name, "messages", core::JsonText(message));
    }

  private:
    static std::string KindOf(std::string_view arn) {
        if (arn.starts_with("arn:aws:sqs:")) return "queues";
        if (arn.starts_with("arn:aws:lambda:")) return "functions";
        if (arn.starts_with("arn:aws:events:")) return "buses";
        return "topics";
    }

    LogStore& logs_;
};

}  // namespace gyre::jobs
