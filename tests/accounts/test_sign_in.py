from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.actions import deactivate
from accounts.models import User

PASSWORD = "chopsticks-and-rice"
Heard = list[tuple[str, dict[str, Any]]]

pytestmark = pytest.mark.django_db


def sign_in(client: Client, nickname: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(reverse("account_login"), {"login": nickname, "password": password, **more})


def who(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


@pytest.fixture
def guest_client(guest: User) -> Client:
    client = Client()
    client.force_login(guest)
    return client


def test_signing_up_takes_a_nickname_and_a_password(client: Client) -> None:
    answer = client.post(
        reverse("account_signup"), {"username": " 짱구 ", "password1": PASSWORD, "email": ""}
    )
    assert answer.status_code == 302
    user = User.objects.get(username="짱구")
    assert (user.nickname, user.is_guest, user.locale) == ("짱구", False, "ko")
    assert who(client) == str(user.pk)


def test_signing_up_keeps_the_capitals_of_the_nickname_and_the_page_s_language(client: Client) -> None:
    client.post(
        reverse("account_signup"),
        {"username": "BoNa", "password1": PASSWORD},
        headers={"accept-language": "en"},
    )
    user = User.objects.get(username="bona")
    assert (user.nickname, user.locale) == ("BoNa", "en")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "철수"),
        ("username", "\u3164"),
        ("username", ""),
        ("password1", "short"),
        ("password1", "12345678"),
    ],
)
def test_a_bad_sign_up_says_why_at_its_field(client: Client, member: User, field: str, value: str) -> None:
    form = {"username": "짱구", "password1": PASSWORD, field: value}
    answer = client.post(reverse("account_signup"), form)
    assert list(answer.context["form"].errors) == [field]
    assert 'role="alert"' in answer.content.decode()
    assert User.objects.count() == 1


def test_a_password_that_is_the_nickname_is_refused(client: Client) -> None:
    form = {"username": "gochujang-lover", "password1": "gochujang-lover"}
    assert "password1" in client.post(reverse("account_signup"), form).context["form"].errors


def test_losing_the_race_for_a_nickname_is_an_answer_not_an_error(client: Client, monkeypatch: Any) -> None:
    from accounts.adapter import AccountAdapter
    from accounts.nicknames import clean_nickname

    User.objects.create_user("짱구", PASSWORD)
    monkeypatch.setattr(
        AccountAdapter, "clean_username", lambda self, name, shallow=False: clean_nickname(name)
    )
    answer = client.post(reverse("account_signup"), {"username": "짱구", "password1": PASSWORD})
    assert answer.status_code == 409
    assert "username" in answer.context["form"].errors


@pytest.mark.parametrize("written", ["BONA", "bona", "  Bona "])
def test_signing_in_takes_the_nickname_however_it_is_written(client: Client, written: str) -> None:
    user = User.objects.create_user("Bona", PASSWORD)
    assert sign_in(client, written).status_code == 302
    assert who(client) == str(user.pk)


@pytest.mark.parametrize("nickname", ["철수", "nobody", "\x00", "x" * 500])
def test_a_wrong_nickname_or_password_does_not_say_which(client: Client, member: User, nickname: str) -> None:
    answer = sign_in(client, nickname, "wrong")
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert who(client) is None


def test_guessing_a_password_is_stopped(client: Client, member: User) -> None:
    for _ in range(5):
        sign_in(client, "철수", "wrong")
    answer = sign_in(client, "철수", PASSWORD)
    assert who(client) is None
    assert "form" in answer.context


def test_a_closed_account_cannot_sign_in(client: Client, member: User) -> None:
    deactivate(user=member)
    assert sign_in(client, "철수").url == reverse("account_inactive")
    assert who(client) is None


def test_signing_in_goes_on_to_next_but_not_off_the_site(client: Client, member: User) -> None:
    assert sign_in(client, "철수", next="/i/abc/").url == "/i/abc/"
    assert "evil" not in sign_in(Client(), "철수", next="https://evil.example/").url


def test_a_guest_who_signs_in_is_merged_and_loses_the_guest_session(
    guest_client: Client, guest: User, member: User, heard: Heard
) -> None:
    old_key = guest_client.session.session_key
    assert guest_client.get(reverse("account_login")).status_code == 200
    sign_in(guest_client, "철수")
    guest.refresh_from_db()
    assert guest.merged_into == member
    assert who(guest_client) == str(member.pk)
    assert not Session.objects.filter(session_key=old_key).exists()
    assert [name for name, _ in heard] == ["guest_merged", "access_ended"]


def test_a_full_account_that_signs_in_to_another_is_not_merged(
    client: Client, member: User, heard: Heard
) -> None:
    other = User.objects.create_user("유리", PASSWORD)
    client.force_login(other)
    key = client.session.session_key
    sign_in(client, "철수")
    other.refresh_from_db()
    assert other.is_active
    assert other.merged_into is None
    assert heard == [("access_ended", {"user": other, "session_key": key})]


def test_a_failed_sign_in_leaves_the_guest_alone(guest_client: Client, guest: User, member: User) -> None:
    sign_in(guest_client, "철수", "wrong")
    guest.refresh_from_db()
    assert guest.is_active
    assert who(guest_client) == str(guest.pk)


def test_signing_out_ends_the_access_of_that_session_only(client: Client, member: User, heard: Heard) -> None:
    client.force_login(member)
    key = client.session.session_key
    client.post(reverse("account_logout"))
    assert who(client) is None
    assert heard == [("access_ended", {"user": member, "session_key": key})]


def test_signing_out_by_a_link_is_only_asked(client: Client, member: User) -> None:
    client.force_login(member)
    assert client.get(reverse("account_logout")).status_code == 200
    assert who(client) == str(member.pk)


def test_a_guest_who_wants_to_sign_up_is_led_to_the_upgrade(guest_client: Client) -> None:
    assert guest_client.get(reverse("account_signup")).url == reverse("accounts:upgrade")


def test_an_upgrade_keeps_the_session_and_its_key(guest_client: Client, guest: User) -> None:
    key = guest_client.session.session_key
    form = {"nickname": "맹구", "password": PASSWORD, "email": ""}
    answer = guest_client.post(reverse("accounts:upgrade") + "?next=/rooms/x/", form)
    assert answer.url == "/rooms/x/"
    assert who(guest_client) == str(guest.pk)
    assert guest_client.session.session_key == key
    assert guest_client.get(reverse("accounts:upgrade")).status_code == 302  # still signed in, and full now
    assert sign_in(Client(), "맹구").status_code == 302


def test_an_upgrade_to_a_taken_nickname_says_so(guest_client: Client, guest: User, member: User) -> None:
    form = {"nickname": "철수", "password": PASSWORD}
    answer = guest_client.post(reverse("accounts:upgrade"), form)
    assert answer.status_code == 400
    assert "nickname" in answer.context["form"].errors
    guest.refresh_from_db()
    assert guest.is_guest


def test_an_upgrade_asks_for_a_good_password(guest_client: Client, guest: User) -> None:
    answer = guest_client.post(reverse("accounts:upgrade"), {"nickname": "맹구", "password": "password"})
    assert "password" in answer.context["form"].errors


def test_the_upgrade_page_is_for_those_signed_in(client: Client) -> None:
    assert reverse("account_login") in client.get(reverse("accounts:upgrade")).url


@pytest.mark.parametrize("name", ["account_login", "account_logout", "accounts:upgrade", "accounts:language"])
def test_forms_without_a_token_are_refused(guest: User, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(guest)
    assert client.post(reverse(name)).status_code == 403


@pytest.mark.parametrize(("language", "words"), [("ko", "닉네임"), ("en", "Nickname")])
@pytest.mark.parametrize("name", ["account_login", "account_signup"])
def test_pages_speak_the_language_of_the_browser(
    client: Client, name: str, language: str, words: str
) -> None:
    page = client.get(reverse(name), headers={"accept-language": language})
    assert words in page.content.decode()
    assert page.headers["Content-Language"] == language


def test_without_any_wish_pages_are_korean(client: Client) -> None:
    assert client.get(reverse("account_login")).headers["Content-Language"] == "ko"
    french = client.get(reverse("account_login"), headers={"accept-language": "fr"})
    assert french.headers["Content-Language"] == "ko"


def test_the_account_s_language_wins_over_cookie_and_browser(client: Client, member: User) -> None:
    client.force_login(member)
    client.cookies["django_language"] = "en"
    page = client.get(reverse("account_login"), headers={"accept-language": "en"})
    assert page.headers["Content-Language"] == "ko"


def test_switching_the_language_lasts_on_the_account_and_in_the_browser(client: Client, member: User) -> None:
    client.force_login(member)
    answer = client.post(reverse("accounts:language"), {"language": "en", "next": "/accounts/login/"})
    assert answer.url == "/accounts/login/"
    member.refresh_from_db()
    assert member.locale == "en"
    assert client.cookies["django_language"].value == "en"
    client.post(reverse("account_logout"))
    assert client.get(reverse("account_login")).headers["Content-Language"] == "en"


@pytest.mark.parametrize("code", ["fr", "", "../x", "en\0"])
def test_a_language_we_do_not_have_changes_nothing(client: Client, member: User, code: str) -> None:
    client.force_login(member)
    client.post(reverse("accounts:language"), {"language": code})
    member.refresh_from_db()
    assert member.locale == "ko"


OUR_PAGES = [
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_change_password",
]


@pytest.mark.parametrize("name", OUR_PAGES)
def test_allauth_s_rarer_pages_wear_our_frame(client: Client, member: User, name: str) -> None:
    if name == "account_change_password":
        client.force_login(member)
    page = client.get(reverse(name))
    assert page.status_code == 200
    assert '<main id="main"' in page.content.decode()


def test_a_forgotten_password_is_reset_by_mail(client: Client, member: User, mailoutbox: list[Any]) -> None:
    User.objects.filter(pk=member.pk).update(email="c@example.com")
    client.post(reverse("account_reset_password"), {"email": "c@example.com"})
    assert [mail.to for mail in mailoutbox] == [["c@example.com"]]
    link = next(word for word in mailoutbox[0].body.split() if "/password/reset/key/" in word)
    form = client.get(link, follow=True)
    new = {"password1": "kimchi-and-tofu", "password2": "kimchi-and-tofu"}
    client.post(form.redirect_chain[-1][0], new)
    assert sign_in(Client(), "철수", "kimchi-and-tofu").status_code == 302


def test_changing_the_password_keeps_this_session_and_ends_access(
    client: Client, member: User, heard: Heard
) -> None:
    client.force_login(member)
    new = {"oldpassword": PASSWORD, "password1": "kimchi-and-tofu", "password2": "kimchi-and-tofu"}
    client.post(reverse("account_change_password"), new)
    assert ("access_ended", {"user": member, "session_key": None}) in heard
    assert client.get(reverse("account_change_password")).status_code == 200
