package decode

import (
	"bytes"

	"github.com/restail/restail/decode/record"
)

// twitch reads a message of Twitch's chat.
func twitch(r *row, e *eventPayload) {
	a := &e.author
	r.person(a)
	r.message(e)
	r.putFirst(record.AuthorName, &a.name, &a.username)
	r.list(record.Badges, a.badges, inObject)
	r.twitchRoles(a)
	r.twitchMessage(e)
}

// twitchRoles writes what the badges of the record tell of the author, if any
// were sent: an empty list says that there are none.
func (r *row) twitchRoles(a *author) {
	owner, moderator, subscriber := false, false, isPositive(a.subscribedFor)
	for _, title := range r.List(record.Badges) {
		owner = owner || bytes.EqualFold(title.Bytes, []byte("broadcaster"))
		moderator = moderator || bytes.EqualFold(title.Bytes, []byte("moderator"))
		subscriber = subscriber || containsFold(title.Bytes, "subscriber") || containsFold(title.Bytes, "founder")
	}
	if a.hasBadges {
		r.SetBool(record.IsOwner, owner)
		r.SetBool(record.IsModerator, moderator)
	}
	if a.hasBadges || subscriber {
		r.SetBool(record.IsSubscriber, subscriber)
	}
}

// containsFold tells whether the word, in small letters, is in the text in any
// case.
func containsFold(text []byte, word string) bool {
	for i := range len(text) - len(word) + 1 {
		if text[i]|0x20 == word[0] && bytes.EqualFold(text[i:i+len(word)], []byte(word)) {
			return true
		}
	}
	return false
}

// twitchMessage writes what Twitch's chat has beyond text.
func (r *row) twitchMessage(e *eventPayload) {
	r.put(record.Months, e.author.subscribedFor)
	r.put(record.IsFirst, e.firstMessage)
	r.put(record.IsAction, e.modifierMe)
	r.put(record.IsWhisper, e.modifierWhisper)
	r.put(record.ReplyTo, e.repliedTo.displayName)
	r.put(record.ReplyToID, e.repliedTo.twitchMessageID)
	r.put(record.ThreadID, e.repliedInThread.twitchMessageID)
}
