import factory
from factory.django import DjangoModelFactory

from users.models import User

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory):
    """A user whose password is `PASSWORD`, unless another one is given."""

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Faker("name")

    class Meta:
        model = User

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        kwargs.setdefault("password", PASSWORD)
        return model_class.objects.create_user(*args, **kwargs)
