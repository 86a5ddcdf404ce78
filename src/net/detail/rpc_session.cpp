#include "net/detail/rpc_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "net/detail/request_id.h"

namespace gyre::net::detail {
namespace {

constexpr size_t kMostFieldBytes = 32 << 10;     // of one call's head
constexpr uint32_t kStreamWindow = 4 << 20;      // bytes on their way of one call…
constexpr int32_t kConnectionWindow = 16 << 20;  // …and of all of a connection
constexpr uint32_t kMostFrame = 1 << 20;         // that a client may send as one
constexpr ssize_t kDataFrame = 64 << 10;         // that we send as one, where the client takes it
/// Pings and settings within this time: each wants an answer, which a client that does not read
/// would have us keep.
constexpr size_t kMostTalk = 10'000;
constexpr core::milliseconds kTalkTime{1'000};
constexpr size_t kHeldMessages = 4;  // largest messages' worth that one connection may have us hold

nghttp2_nv Field(std::string_view name, std::string_view value) {
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

/// Of the framing below, not of the caller's metadata.
bool OfTransport(std::string_view name) {
    return name.starts_with(':') || name.starts_with("grpc-") || name == "te" ||
           name == "content-type";
}

RpcStatus StatusOf(const core::Error& error) {
    using core::Code;
    const RpcCode code = error.code == Code::kResourceExhausted  ? RpcCode::kResourceExhausted
                         : error.code == Code::kDeadlineExceeded ? RpcCode::kDeadlineExceeded
                         : error.code == Code::kUnimplemented    ? RpcCode::kUnimplemented
                                                                 : RpcCode::kInternal;
    return {code, error.message};
}

}  // namespace

// nghttp2's calls back. None may throw through it; what fails here is the machine's memory.
struct RpcSession::Callbacks {
    static RpcSession& Of(void* user) { return *static_cast<RpcSession*>(user); }

    static int BeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        RpcSession& self = Of(user);
        if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
            return 0;
        }
        if (self.leaving_) {
            nghttp2_submit_rst_stream(self.session_, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                      NGHTTP2_REFUSED_STREAM);
            return 0;
        }
        Stream& stream = self.streams_[frame->hd.stream_id];
        stream.progress = self.now_;
        return 0;
    }

    static int Header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user) {
        Stream* const stream = Of(user).Find(frame->hd.stream_id);
        if (stream == nullptr || stream->reader) return 0;  // trailers say nothing to us
        stream->field_bytes += name_size + value_size + 32;
        if (stream->field_bytes > kMostFieldBytes) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        stream->fields.Add({reinterpret_cast<const char*>(name), name_size},
                           {reinterpret_cast<const char*>(value), value_size});
        return 0;
    }

    static int FrameReceived(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        RpcSession& self = Of(user);
        const bool wants_answer =
            frame->hd.type == NGHTTP2_PING || frame->hd.type == NGHTTP2_SETTINGS;
        if (wants_answer && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) self.CountTalk();
        Stream* const stream = self.Find(frame->hd.stream_id);
        if (stream == nullptr) return 0;
        const bool last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        if (frame->hd.type == NGHTTP2_HEADERS) {
            if (last) stream->all_came = true;
            if (!stream->reader) self.HeadCame(frame->hd.stream_id, *stream);
        } else if (frame->hd.type != NGHTTP2_DATA) {
            return 0;
        }
        Stream* const still = self.Find(frame->hd.stream_id);
        if (still == nullptr || !last) return 0;
        still->all_came = true;
        if (still->reader && still->reader->Midway() && !still->broken) {
            self.Refuse(frame->hd.stream_id, *still,
                        {core::Code::kInvalidArgument, "the call ends inside a message"});
        }
        self.SayReadable(frame->hd.stream_id, *still);
        return 0;
    }

    static int DataChunk(nghttp2_session*, uint8_t, int32_t call, const uint8_t* data, size_t size,
                         void* user) {
        RpcSession& self = Of(user);
        // The connection's window never waits for one call's reader.
        nghttp2_session_consume_connection(self.session_, size);
        if (Stream* const stream = self.Find(call)) {
            stream->unconsumed += size;
            self.DataCame(call, *stream, {reinterpret_cast<const char*>(data), size});
        }
        return 0;
    }

    static int StreamClosed(nghttp2_session*, int32_t call, uint32_t, void* user) {
        RpcSession& self = Of(user);
        const auto found = self.streams_.find(call);
        if (found == self.streams_.end()) return 0;
        self.held_ -= found->second.held;
        if (found->second.reader) self.held_ -= found->second.reader->Held();
        const bool announced = found->second.announced;
        self.streams_.erase(found);
        if (announced) self.events_.push_back({RpcEvent::Kind::kClosed, call, {}});
        return 0;
    }

    static int FrameSent(nghttp2_session* session, const nghttp2_frame* frame, void*) {
        // A call may be answered before all of it came: the client is not to send the rest.
        const bool ours_ended =
            (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
            (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        if (ours_ended &&
            nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0) {
            nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                      NGHTTP2_NO_ERROR);
        }
        return 0;
    }

    static ssize_t FrameBytes(nghttp2_session*, uint8_t, int32_t, int32_t session_window,
                              int32_t stream_window, uint32_t remote_most, void*) {
        return std::min({kDataFrame, ssize_t{session_window}, ssize_t{stream_window},
                         static_cast<ssize_t>(remote_most)});
    }

    static ssize_t ReadOutput(nghttp2_session*, int32_t call, uint8_t* into, size_t room,
                              uint32_t* flags, nghttp2_data_source*, void* user) {
        RpcSession& self = Of(user);
        Stream* const stream = self.Find(call);
        if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        const size_t count = std::min(room, stream->out.size() - stream->out_at);
        std::memcpy(into, stream->out.data() + stream->out_at, count);
        stream->out_at += count;
        if (stream->out_at < stream->out.size()) return static_cast<ssize_t>(count);
        stream->out.clear();
        stream->out_at = 0;
        if (stream->finished) {
            *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
            self.SendTrailers(call, *stream->finished, false);
        } else if (count == 0) {
            return NGHTTP2_ERR_DEFERRED;
        }
        return static_cast<ssize_t>(count);
    }
};

RpcSession::RpcSession(const RpcOptions& options, std::string remote_address)
    : options_(options), remote_(std::move(remote_address)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    GYRE_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
    GYRE_CHECK(nghttp2_option_new(&option) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::BeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::Header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::FrameReceived);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::DataChunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::StreamClosed);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::FrameSent);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks,
                                                                   Callbacks::FrameBytes);
    nghttp2_option_set_no_auto_window_update(option, 1);
    GYRE_CHECK(nghttp2_session_server_new2(&session_, callbacks, this, option) == 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    const std::array<nghttp2_settings_entry, 4> settings{
        {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<uint32_t>(options_.max_calls)},
         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
         {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, kMostFrame},
         {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMostFieldBytes}}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

RpcSession::~RpcSession() {
    nghttp2_session_del(session_);
}

RpcSession::Stream* RpcSession::Find(int32_t call) {
    const auto found = streams_.find(call);
    return found == streams_.end() ? nullptr : &found->second;
}

bool RpcSession::Receive(std::string_view bytes, core::SteadyTime now) {
    now_ = now;
    const ssize_t taken = nghttp2_session_mem_recv(
        session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    return taken >= 0;
}

void RpcSession::CountTalk() {
    if (now_ - talk_since_ > kTalkTime) {
        talk_since_ = now_;
        talk_ = 0;
    }
    if (++talk_ > kMostTalk) {
        nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
    }
}

void RpcSession::HeadCame(int32_t call, Stream& stream) {
    const auto content = stream.fields.Get("content-type");
    if (stream.fields.Get(":method") != "POST") return RefuseHttp(call, 405);
    if (!content.starts_with("application/grpc")) return RefuseHttp(call, 415);
    RpcHead& head = stream.head;
    head.method = stream.fields.Get(":path");
    head.remote_address = remote_;
    head.request_id = NewRequestId();
    head.arrived = now_;
    for (const auto& [name, value] : stream.fields) {
        if (!OfTransport(name)) head.metadata.Add(name, value);
    }
    const auto coding = ParseRpcCoding(stream.fields.Get("grpc-encoding"));
    stream.reader.emplace(options_.max_message_bytes, coding.value_or(RpcCoding::kIdentity));
    if (!coding) {
        return Refuse(
            call, stream,
            {core::Code::kUnimplemented, "messages may be packed with gzip or deflate, not with " +
                                             std::string(stream.fields.Get("grpc-encoding"))});
    }
    const auto timeout = stream.fields.Find("grpc-timeout");
    if (timeout) {
        head.timeout = ParseRpcTimeout(*timeout);
        if (!head.timeout) {
            return Refuse(call, stream,
                          {core::Code::kInvalidArgument,
                           "grpc-timeout is \"" + std::string(*timeout) + "\""});
        }
    }
    stream.announced = true;
    events_.push_back({RpcEvent::Kind::kOpened, call, head});
}

void RpcSession::RefuseHttp(int32_t call, int status) {
    const std::string text = std::to_string(status);
    const nghttp2_nv field = Field(":status", text);
    nghttp2_submit_response(session_, call, &field, 1, nullptr);
    const auto found = streams_.find(call);
    if (found != streams_.end()) streams_.erase(found);
}

void RpcSession::DataCame(int32_t call, Stream& stream, std::string_view data) {
    if (!stream.reader || stream.broken || stream.finished) return GiveWindow(call, stream);
    stream.progress = now_;
    held_ -= stream.held + stream.reader->Held();
    const size_t before = stream.messages.size();
    auto added = stream.reader->Add(data, stream.messages);
    for (size_t i = before; i < stream.messages.size(); ++i) {
        stream.held += stream.messages[i].size();
    }
    held_ += stream.held + stream.reader->Held();
    if (added && held_ > kHeldMessages * options_.max_message_bytes) {
        added = core::Fail(core::Code::kResourceExhausted,
                           "too many bytes of this connection's messages wait");
    }
    if (!added) return Refuse(call, stream, std::move(added.error()));
    if (stream.messages.size() > before) SayReadable(call, stream);
    // A message that is not whole needs more; whole ones are to be taken first.
    if (stream.messages.empty()) GiveWindow(call, stream);
}

void RpcSession::GiveWindow(int32_t call, Stream& stream) {
    if (stream.unconsumed == 0) return;
    nghttp2_session_consume_stream(session_, call, std::exchange(stream.unconsumed, 0));
}

void RpcSession::SayReadable(int32_t call, Stream& stream) {
    if (stream.announced) events_.push_back({RpcEvent::Kind::kReadable, call, {}});
}

void RpcSession::Refuse(int32_t call, Stream& stream, core::Error error) {
    const RpcStatus status = StatusOf(error);
    stream.broken = std::move(error);
    held_ -= stream.held;
    stream.held = 0;
    stream.messages.clear();
    SayReadable(call, stream);
    Finish(call, status);
}

std::optional<core::Result<RpcCall::Message>> RpcSession::Take(int32_t call) {
    Stream* const stream = Find(call);
    if (stream == nullptr) return core::Fail(core::Code::kCancelled, "the call is over");
    if (stream->broken) return core::Fail(*stream->broken);
    if (!stream->messages.empty()) {
        std::string message = std::move(stream->messages.front());
        stream->messages.pop_front();
        stream->held -= message.size();
        held_ -= message.size();
        if (stream->messages.empty()) GiveWindow(call, *stream);
        return RpcCall::Message(std::move(message));
    }
    if (stream->all_came) return RpcCall::Message();
    return std::nullopt;
}

void RpcSession::SendHead(int32_t call, Stream& stream) {
    if (std::exchange(stream.responded, true)) return;
    const std::array<nghttp2_nv, 3> fields{Field(":status", "200"),
                                           Field("content-type", "application/grpc"),
                                           Field("grpc-accept-encoding", "identity,deflate,gzip")};
    const nghttp2_data_provider provider{.source = {}, .read_callback = Callbacks::ReadOutput};
    nghttp2_submit_response(session_, call, fields.data(), fields.size(), &provider);
}

void RpcSession::SendTrailers(int32_t call, const RpcStatus& status, bool only) {
    const std::string code = std::to_string(static_cast<int>(status.code));
    const std::string message = EncodeRpcMessage(status.message);
    std::vector<nghttp2_nv> fields;
    if (only) {
        fields.push_back(Field(":status", "200"));
        fields.push_back(Field("content-type", "application/grpc"));
        fields.push_back(Field("grpc-accept-encoding", "identity,deflate,gzip"));
    }
    fields.push_back(Field("grpc-status", code));
    if (!message.empty()) fields.push_back(Field("grpc-message", message));
    if (only) {
        nghttp2_submit_response(session_, call, fields.data(), fields.size(), nullptr);
    } else {
        nghttp2_submit_trailer(session_, call, fields.data(), fields.size());
    }
}

void RpcSession::Write(int32_t call, std::string_view message) {
    Stream* const stream = Find(call);
    if (stream == nullptr || stream->finished) return;
    AppendRpcMessage(stream->out, message);
    if (stream->responded) nghttp2_session_resume_data(session_, call);
    SendHead(call, *stream);
}

void RpcSession::Finish(int32_t call, const RpcStatus& status) {
    Stream* const stream = Find(call);
    if (stream == nullptr || stream->finished) return;
    stream->finished = status;
    if (stream->responded) {
        nghttp2_session_resume_data(session_, call);
    } else {
        stream->responded = true;
        SendTrailers(call, status, true);
    }
}

std::string RpcSession::Output() {
    std::string output;
    while (true) {
        const uint8_t* bytes = nullptr;
        const ssize_t count = nghttp2_session_mem_send(session_, &bytes);
        if (count <= 0) return output;
        output.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(count));
    }
}

void RpcSession::FailStalled(core::SteadyTime since) {
    std::vector<int32_t> late;
    for (const auto& [call, stream] : streams_) {
        const bool midway = !stream.reader || (stream.reader->Midway() && stream.messages.empty());
        if (midway && !stream.finished && stream.progress <= since) late.push_back(call);
    }
    for (const int32_t call : late) {
        Refuse(call, *Find(call), {core::Code::kDeadlineExceeded, "the message did not come"});
    }
}

void RpcSession::Ping() {
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
}

void RpcSession::GoAway() {
    if (std::exchange(leaving_, true)) return;
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                          nullptr, 0);
}

bool RpcSession::Over() const {
    if (leaving_ && streams_.empty()) return nghttp2_session_want_write(session_) == 0;
    return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

}  // namespace gyre::net::detail
