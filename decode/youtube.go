package decode

import "github.com/restail/restail/decode/record"

// youtube writes a message of YouTube's live chat, a super chat, a super sticker, a
// member's milestone or a new membership.
func youtube(r *row) {
	r.person()
	r.message()
	r.youtubeRoles()
	r.youtubeMembership()
}

// youtubeGift writes a gift of memberships. It is a gift whatever the payload
// says.
func youtubeGift(r *row) {
	youtube(r)
	r.SetBool(record.IsGift, true)
}

func (r *row) youtubeRoles() {
	r.put(record.IsOwner, keyIsOwner)
	r.put(record.IsModerator, keyIsModerator)
	r.put(record.IsSubscriber, keyIsSponsor)
	r.put(record.IsVerified, keyIsVerified)
}

// youtubeMembership writes milestones, memberships and gift counts.
func (r *row) youtubeMembership() {
	r.put(record.Months, keyMilestoneMonth)
	r.put(record.IsGift, keyMembershipGift)
	r.put(record.GiftCount, keyGiftCount)
}
