#include "server/topic_events.h"

#include "objects/event_document.h"

namespace gyre::server {

void TopicEvents::OnEvent(const Event& event) {
    const std::string bus = "arn:aws:events:" + region_ + ":" + account_ + ":event-bus/default";
    for (const objects::EventDestination& destination : event.destinations) {
        topics_.Publish(destination.arn.empty() ? bus : destination.arn,
                        objects::EventDocument(event, destination, region_, account_));
    }
}

}  // namespace gyre::server
