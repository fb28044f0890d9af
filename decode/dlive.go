package decode

import (
	"bytes"

	"github.com/restail/restail/decode/record"
)

var dlive = Platform{
	Slug: "dlive", Name: "DLive", Color: 100,
	sources: []int{24},
	Types:   []EventType{{2, "text", (*row).dlive}, {3, "emoji", (*row).dlive}},
	handle:  (*row).putUsername,
}

func (r *row) dlive() {
	r.putList(record.Badges, r.author.badges, inArray)
	r.dliveRoles()
}

// dliveRoles writes the author's roles on DLive and in the room.
func (r *row) dliveRoles() {
	r.put(record.Role, r.author.role)
	r.put(record.RoomRole, r.author.roomRole)
	r.put(record.PartnerStatus, r.author.partnerStatus)
	r.put(record.IsSubscriber, r.author.subscribing)
	if role := r.Bytes(record.RoomRole); role != nil {
		r.SetBool(record.IsOwner, bytes.EqualFold(role, []byte("owner")))
		r.SetBool(record.IsModerator, bytes.EqualFold(role, []byte("moderator")))
	}
}
