package decode

import (
	"maps"
	"slices"

	"github.com/restail/restail/decode/record"
)

// reasons maps a code to a sentence that says what it means and what to do. The same
// code can mean different things in different actions.
type reasons map[string]string

// errorReasons are those of a connection_info with status error.
var errorReasons = reasons{
	"restream_channel_connection_expired": "The platform no longer accepts Restream's sign-in for this channel: refresh the channel in the Restream dashboard.",
	"youtube_livechat_ended":              "The live chat is over because the broadcast has ended: nothing more can come from it.",
	"youtube_broadcast_completed":         "The broadcast is completed and its chat is closed: nothing more can come from it.",
	"facebook_event_not_live":             "The Facebook video is not live, and only live videos have comments: chat begins when it goes live.",
	"event_not_started":                   "Nothing was streamed to this channel through Restream yet: chat begins with the first stream.",
	"discord_invalid_refresh_token":       "Discord no longer accepts Restream's sign-in: connect this Discord channel again in the settings of Restream Chat.",
	"channel_added_manually":              "The channel was added by hand, with a stream key, so that Restream has no access to its chat: add it again by signing in to the platform.",
	"internal":                            "Something failed inside Restream: reconnect the channel in the Restream dashboard, and contact Restream's support if that does not help.",
}

// closeReasons are those of a connection_closed.
var closeReasons = reasons{
	"removed":                       "The channel was deleted or switched off in Restream: switch it on again to get its chat.",
	"replaced":                      "Another connection to the same channel took over: nothing to do while it is there.",
	"superseded":                    "A newer connection to the same channel took over: nothing to do while it is there.",
	"expired":                       "The connection is no longer needed, as when a broadcast is over: nothing to do.",
	"shutdown":                      "The Restream server that held the connection is stopping: another one takes over, nothing to do.",
	"connection_establish_too_long": "The channel was switched off before the connection was up: switch it on again to get its chat.",
	"internal":                      "Something failed inside Restream and it gave the connection up: switch the channel off and on in Restream if it does not come back.",
}

// failureReasons are those of reply_failed and relay_failed.
var failureReasons = reasons{
	"dlive_api_send_message_rate_limit": "DLive limits how fast messages can be sent: wait a moment and send it again.",
	"discord_rate_limit":                "Discord limits how fast messages can be sent: wait a moment and send it again.",
	"facebook_event_not_live":           "The Facebook video is not live, and only live videos take comments: send it again once it is.",
	"connection_in_error_state":         "The connection to the channel has failed: see why, repair it, and send it again.",
	"connection_not_established_yet":    "The connection to the channel is not up yet: send it again in a moment.",
	"internal":                          "Something failed inside Restream and the message was not delivered: send it again.",
}

// putReason writes a code and, if it is known, its explanation.
func (r *row) putReason(texts reasons) {
	r.put(record.Reason, r.payload.reason)
	if text := texts[string(r.Bytes(record.Reason))]; text != "" {
		r.SetPlain(record.ReasonText, text)
	}
}

// ReasonNames returns the codes that the service sends with an action, and what
// they mean, in the order of the codes. It returns nil for an action without any.
func ReasonNames(action string) []record.Name {
	var texts reasons
	switch action {
	case "connection_info":
		texts = errorReasons
	case "connection_closed":
		texts = closeReasons
	case "reply_failed", "relay_failed":
		texts = failureReasons
	}
	var names []record.Name
	for _, code := range slices.Sorted(maps.Keys(texts)) {
		names = append(names, record.Name{Name: code, Meaning: texts[code]})
	}
	return names
}
