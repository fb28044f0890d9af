package decode

import "github.com/restail/restail/decode/record"

var youtube = Platform{
	Slug: "youtube", Name: "YouTube", Color: 160,
	sources: []int{13},
	Types: []EventType{
		{5, "text", (*row).youtube}, {7, "super_chat", (*row).youtube}, {8, "super_sticker", (*row).youtube},
		{23, "member_milestone", (*row).youtube}, {28, "membership", (*row).youtube},
		{29, "membership_gift", (*row).youtubeGift},
	},
}

func (r *row) youtube() {
	r.youtubeRoles()
	r.youtubeMembership()
}

// youtubeGift writes a gift of memberships. It is a gift whatever the payload
// says.
func (r *row) youtubeGift() {
	r.youtube()
	r.SetBool(record.IsGift, true)
}

func (r *row) youtubeRoles() {
	r.put(record.IsOwner, r.author.isOwner)
	r.put(record.IsModerator, r.author.isModerator)
	r.put(record.IsSubscriber, r.author.isSponsor)
	r.put(record.IsVerified, r.author.isVerified)
}

// youtubeMembership writes milestones, memberships and gift counts.
func (r *row) youtubeMembership() {
	r.put(record.Months, r.event.milestoneMonth)
	r.put(record.IsGift, r.event.membershipIsGift)
	r.put(record.GiftCount, r.event.giftCount)
}
