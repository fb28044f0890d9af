package decode

import "github.com/restail/restail/decode/record"

// kick displays the username, and its author ids are numbers.
var kick = Platform{
	Slug: "kick", Name: "Kick", Color: 28,
	sources: []int{29},
	Types:   []EventType{{25, "text", (*row).kick}, {26, "subscription", (*row).kick}},
	handle:  (*row).putUsername,
}

func (r *row) kick() {
	r.put(record.ReplyTo, r.event.parentName)
	r.kickSubscription()
}

// kickSubscription writes a subscription, which is a gift if it names who got one.
func (r *row) kickSubscription() {
	r.put(record.Months, r.event.subscribedFor)
	if names := r.putList(record.GiftedTo, r.event.giftedTo, inArray); names > 0 {
		r.SetBool(record.IsGift, true)
		r.SetInt(record.GiftCount, int64(names))
	}
}
