package decode

import "github.com/restail/restail/decode/record"

// youtube reads a message of YouTube's live chat, be it a super chat, a super
// sticker, a member's milestone or a new membership.
func youtube(r *row, e *eventPayload) {
	r.person(&e.author)
	r.message(e)
	r.youtubeRoles(&e.author)
	r.youtubeMembership(e)
}

// youtubeGift reads the news of memberships given to others. It is a gift
// whatever the payload says.
func youtubeGift(r *row, e *eventPayload) {
	youtube(r, e)
	r.SetBool(record.IsGift, true)
}

func (r *row) youtubeRoles(a *author) {
	r.put(record.IsOwner, a.isChatOwner)
	r.put(record.IsModerator, a.isChatModerator)
	r.put(record.IsSubscriber, a.isChatSponsor)
	r.put(record.IsVerified, a.isVerified)
}

// youtubeMembership writes milestones, memberships and gifts of them.
func (r *row) youtubeMembership(e *eventPayload) {
	r.put(record.Months, e.memberMilestone.memberMonth)
	r.put(record.IsGift, e.membership.gift)
	r.put(record.GiftCount, e.giftMemberships.count)
}
