package decode

import "github.com/restail/restail/decode/record"

// kick reads a message of Kick's chat, or a subscription. Kick shows people by
// their username and numbers them with integers.
func kick(r *row, e *eventPayload) {
	r.person(&e.author)
	r.message(e)
	r.put(record.AuthorName, e.author.username)
	r.put(record.ReplyTo, e.parentName)
	r.kickSubscription(e)
}

func (r *row) kickSubscription(e *eventPayload) {
	r.put(record.Months, e.subscribedFor)
	if len(e.giftedTo) > 0 {
		r.list(record.GiftedTo, e.giftedTo, inArray)
		r.SetBool(record.IsGift, true)
		r.SetInt(record.GiftCount, int64(len(e.giftedTo)))
	}
}
