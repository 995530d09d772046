def test_pages(lived_world, visit):
    v = visit("hq")
    for path in ("/portal/guests", f"/portal/guests/{lived_world.guests['wang']}"):
        p = v.get(path)
        assert p.status == 200, path
