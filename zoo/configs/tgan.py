"""The t-GANs (2020): a mixture of Student's t, and a code for each class.

mnist: t-GANs on 500 MNIST digits (2020, section 4.2); networks and data of deligan_mnist.
mnist_one_hot: t-GANs with one-hot codewords on all of MNIST; prior and codewords are ours.
fashion_mnist: t-GANs on 500 images of Fashion-MNIST; the paper's count is not known.
digits: t-GANs on 500 of scikit-learn's digits.
cifar10: t-GANs on all of CIFAR-10; networks and budget of dcgan_cifar10.
"""

from tfmix.programs.presets import based_on, chooser, get

MODEL = {
    "name": "TGAN",
    "codeword_dim": 10,  # ours
    "codeword_std": 0.2,
    "codeword_scale": 1.0,
    "codeword": "ordinal",  # or one_hot
    "alpha": 1.0,  # ours
}


def student_t(**changes):
    df = 5.0  # ours: the paper's is not known
    return {**get("deligan_mnist").prior, "name": "StudentTMixture", "df": df, **changes}


VARIANTS = {
    "mnist": lambda: based_on("deligan_mnist", model=MODEL, prior=student_t()),
    # Ten wide components instead of fifty narrow ones: with those, the classifier learns to take
    # some pairs of component and class for another class, and nothing corrects it.
    "mnist_one_hot": lambda: based_on(
        "tgan_mnist",
        model={"codeword": "one_hot", "codeword_scale": 2.0},
        train_size=0,
        batch_size=64,
        num_steps=12_000,
        prior={"num_components": 10, "init_scale": 0.5},
    ),
    "fashion_mnist": lambda: based_on("tgan_mnist", dataset="fashion_mnist"),
    "digits": lambda: based_on("tgan_mnist", dataset="digits"),
    "cifar10": lambda: based_on(
        "dcgan_cifar10", model=MODEL, prior=student_t(num_components=64, latent_dim=100)
    ),
}
get_config = chooser(VARIANTS)
