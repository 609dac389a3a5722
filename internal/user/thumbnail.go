package user

import "context"

// Thumbnail returns a picture that fits into a square of side pixels, of a picture that may be an avatar. It waits for its
// turn, as decoding takes memory. Faults: AVATAR_SIZE, AVATAR_DIMENSIONS, AVATAR_TYPE.
func (s *Service) Thumbnail(ctx context.Context, picture []byte, side int) (Avatar, error) {
	kind, err := pictureType(picture)
	if err != nil {
		return Avatar{}, err
	}
	return s.shrink(ctx, Avatar{Data: picture, Type: kind}, side)
}
