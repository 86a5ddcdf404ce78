#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/guarded.h"
#include "engine/model.h"
#include "net/frame_channel.h"

namespace gyre::host {

/// The streamed invokes of a host (docs/formats/host_protocol.md): each between the io thread,
/// which brings their frames, and the thread that runs the model. Thread-safe.
class BodyStreams {
  public:
    BodyStreams() = default;
    ~BodyStreams() { Stop(); }
    BodyStreams(const BodyStreams&) = delete;
    BodyStreams& operator=(const BodyStreams&) = delete;

    /// `patience`: as of engine::Stream. Null where one of that id is open, and after Stop.
    [[nodiscard]] std::shared_ptr<engine::Stream> Open(const std::string& id,
                                                       core::milliseconds patience);
    void Piece(net::Frame frame, net::FrameServer::Reply reply);
    void Part(const net::Frame& frame, net::FrameServer::Reply reply);
    /// Answers what is left of its frames: the model has answered.
    void Close(const std::string& id);
    /// Cancels all of them, which their models hear of. May be called twice.
    void Stop();

  private:
    class FrameStream;
    struct State {
        std::map<std::string, std::shared_ptr<FrameStream>> open;
        bool stopped = false;
    };
    [[nodiscard]] std::shared_ptr<FrameStream> Find(const std::string& id) const;

    core::Guarded<State> state_;
};

}  // namespace gyre::host
