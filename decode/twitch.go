package decode

import (
	"bytes"

	"github.com/restail/restail/decode/record"
)

var twitch = Platform{
	Slug: "twitch", Name: "Twitch", Color: 98,
	sources: []int{2},
	Types:   []EventType{{4, "text", (*row).twitch}},
	handle:  (*row).twitchLogin,
}

func (r *row) twitch() {
	r.putList(record.Badges, r.author.badges, inObject)
	r.twitchRoles()
	r.twitchMessage()
}

func (r *row) twitchLogin() { r.putFirst(record.AuthorName, r.author.name, r.author.username) }

// twitchRoles writes the author's roles from the badges that are in the record. An
// empty list of badges means no role; without a list the roles are unknown.
func (r *row) twitchRoles() {
	owner, moderator, subscriber := false, false, isPositive(r.value(r.author.subscribedFor))
	for _, title := range r.List(record.Badges) {
		owner = owner || bytes.EqualFold(title.Bytes, []byte("broadcaster"))
		moderator = moderator || bytes.EqualFold(title.Bytes, []byte("moderator"))
		subscriber = subscriber || containsFold(title.Bytes, "subscriber") || containsFold(title.Bytes, "founder")
	}
	hasList := r.author.badges.isArray
	if hasList {
		r.SetBool(record.IsOwner, owner)
		r.SetBool(record.IsModerator, moderator)
	}
	if hasList || subscriber {
		r.SetBool(record.IsSubscriber, subscriber)
	}
}

// containsFold reports whether the text contains part, which is lower case, without
// regard to case.
func containsFold(text []byte, part string) bool {
	for i := range len(text) - len(part) + 1 {
		if text[i]|0x20 == part[0] && bytes.EqualFold(text[i:i+len(part)], []byte(part)) {
			return true
		}
	}
	return false
}

// twitchMessage writes the message fields that only Twitch has.
func (r *row) twitchMessage() {
	r.put(record.Months, r.author.subscribedFor)
	r.put(record.IsFirst, r.event.isFirst)
	r.put(record.IsAction, r.event.isMe)
	r.put(record.IsWhisper, r.event.isWhisper)
	r.put(record.ReplyTo, r.event.repliedToName)
	r.put(record.ReplyToID, r.event.repliedToID)
	r.put(record.ThreadID, r.event.repliedThreadID)
}
