package decode

import "github.com/restail/restail/decode/record"

// youtube reads a message of YouTube's live chat, be it a super chat, a super
// sticker, a member's milestone or a new membership.
func youtube(r *row, e *eventPayload) {
	r.person(&e.author)
	r.message(e)
	r.youtubeRoles(&e.author)
	r.youtubeMoney(e)
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

// youtubeMoney writes donations and memberships.
func (r *row) youtubeMoney(e *eventPayload) {
	r.put(record.Amount, e.donation.amount)
	r.put(record.Currency, e.donation.currencyString)
	r.put(record.Tier, e.donation.tier)
	r.put(record.StickerID, e.donation.stickerID)

	r.put(record.Months, e.memberMilestone.memberMonth)
	r.put(record.Level, e.memberMilestone.memberLevelName, e.membership.memberLevelName, e.giftMemberships.levelName)
	if e.giftMemberships.there {
		r.SetBool(record.IsGift, true)
	}
	r.put(record.IsGift, e.membership.gift)
	r.put(record.GiftCount, e.giftMemberships.count)
}
