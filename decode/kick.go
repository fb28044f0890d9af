package decode

import "github.com/restail/restail/decode/record"

// kick writes a message of Kick's chat or a subscription. Kick displays the
// username, and its author ids are numbers.
func kick(r *row) {
	r.person()
	r.message()
	r.put(record.AuthorName, keyUsername)
	r.put(record.ReplyTo, keyParentName)
	r.kickSubscription()
}

func (r *row) kickSubscription() {
	r.put(record.Months, keyMonths)
	if names := r.putList(record.GiftedTo, keyGiftedTo, inArray); names > 0 {
		r.SetBool(record.IsGift, true)
		r.SetInt(record.GiftCount, int64(names))
	}
}
