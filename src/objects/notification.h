#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "objects/object_store.h"

namespace gyre::objects {

/// A NotificationConfiguration as it is kept: with an Id in each of its parts. Errors:
/// InvalidArgument for an event that is none, a filter that is neither prefix nor suffix, a
/// destination that is no ARN of its kind.
[[nodiscard]] core::Result<core::Json> CheckNotification(const core::Json& configuration);

/// Who is to be told of what happens in a bucket.
class NotificationRules {
  public:
    /// From a configuration that CheckNotification gave out.
    [[nodiscard]] static NotificationRules Of(const core::Json& configuration);
    /// Of an event of that name ("ObjectCreated:Put").
    [[nodiscard]] std::vector<EventDestination> Destinations(std::string_view event,
                                                             std::string_view key) const;
    [[nodiscard]] bool Empty() const { return rules_.empty() && !event_bridge_; }

  private:
    struct Rule {
        EventDestination destination;
        std::vector<std::string> events;  ///< "s3:ObjectCreated:*"
        std::string prefix;
        std::string suffix;
    };
    std::vector<Rule> rules_;
    bool event_bridge_ = false;
};

}  // namespace gyre::objects
